"""My notices, and webhooks."""

from django.urls import path

from notices import views

urlpatterns = [
    path("account/notices/", views.notice_choices, name="notice_choices"),
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/new", views.webhook_new, name="webhook_new"),
    path("webhooks/<int:pk>/", views.webhook, name="webhook"),
    path("webhooks/<int:pk>/switch", views.webhook_toggle, name="webhook_switch"),
    path("webhooks/<int:pk>/rotate", views.webhook_new_secret, name="webhook_rotate"),
    path("webhooks/<int:pk>/test", views.webhook_try, name="webhook_test"),
    path("webhooks/<int:pk>/again/<int:delivery>", views.webhook_again, name="webhook_again"),
]
