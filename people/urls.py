"""Signing in and out, my account, people."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from people import views
from people.access import anyone

urlpatterns = [
    path("login/", anyone("GET POST")(LoginView.as_view(redirect_authenticated_user=True)), name="login"),
    path("logout/", anyone("POST")(LogoutView.as_view()), name="logout"),
    path("account/", views.account, name="account"),
    path("account/password/", views.account_password, name="account_password"),
    path("account/tokens/", views.token_new, name="token_issue"),
    path("account/tokens/<int:pk>/revoke/", views.token_end, name="token_revoke"),
    path("people/", views.people, name="people"),
    path("people/new/", views.person_new, name="person_new"),
    path("people/<str:username>/", views.person, name="person"),
]
