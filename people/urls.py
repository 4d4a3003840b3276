"""Signing in and out, my account, my filters, people."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from people import factor_views, kept_views, oidc_views, session_views, sign_in, views
from people.access import anyone

urlpatterns = [
    path("login/", anyone("GET POST")(sign_in.SignIn.as_view()), name="login"),
    path("login/code/", sign_in.sign_in_code, name="login_code"),
    path("login/oidc/", oidc_views.oidc_begin, name="oidc_begin"),
    path("login/oidc/back/", oidc_views.oidc_back, name="oidc_back"),
    path("logout/", anyone("POST")(LogoutView.as_view()), name="logout"),
    path("account/", views.account, name="account"),
    path("account/password/", views.account_password, name="account_password"),
    path("account/factor/", factor_views.factor, name="factor"),
    path("account/factor/begin/", factor_views.factor_begin, name="factor_begin"),
    path("account/factor/confirm/", factor_views.factor_confirm, name="factor_confirm"),
    path("account/factor/codes/", factor_views.factor_codes, name="factor_codes"),
    path("account/factor/remove/", factor_views.factor_end, name="factor_remove"),
    path("account/factor/keys/", factor_views.key_new, name="key_add"),
    path("account/factor/keys/<int:pk>/remove/", factor_views.key_end, name="key_remove"),
    path("account/step-up/", factor_views.step_up_then, name="step_up"),
    path("account/tokens/", views.token_new, name="token_issue"),
    path("account/tokens/<int:pk>/revoke/", views.token_end, name="token_revoke"),
    path("account/sessions/", session_views.sessions, name="sessions"),
    path("account/sessions/end/", session_views.session_stop, name="session_end"),
    path("filters/", kept_views.filters, name="filters"),
    path("filters/<int:pk>/", kept_views.filter_open, name="filter_open"),
    path("filters/<int:pk>/edit", kept_views.filter_edit, name="filter_edit"),
    path("filters/<int:pk>/drop", kept_views.filter_end, name="filter_drop"),
    path("people/", views.people, name="people"),
    path("people/new/", views.person_new, name="person_new"),
    path("people/<str:username>/", views.person, name="person"),
    path("people/<str:username>/factor/reset/", factor_views.factor_reset, name="factor_reset"),
    path("people/<str:username>/sessions/end/", session_views.person_sessions_end, name="person_sessions_end"),
    path("people/<str:username>/switch/", session_views.person_switch, name="person_switch"),
]
