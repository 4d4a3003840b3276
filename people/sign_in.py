"""Signing in: the password, then, for whoever has set one up, the second factor."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from people.access import anyone
from people.factors import FactorRefused, enrolled
from people.forms import CodeForm
from people.models import User
from people.security_keys import key_options
from people.stepping import FIELD, KEY_FIELD, factor_taken, mark_fresh
from people.tries import try_begins, try_was_right, try_was_wrong

PENDING = "sign_in_pending"
PATIENCE = 300
"""Seconds between the password and the code."""


class SignInForm(AuthenticationForm):
    """Where a directory was asked and something else was wrong than name or password, the form says that.

    After a few wrong passwords none is looked at for a while.
    """

    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not name or not password or self.request is None:
            return super().clean()
        address = self.request.META.get("REMOTE_ADDR", "")
        if sentence := try_begins(name, address):
            raise ValidationError(sentence)
        try:
            data = super().clean()
        except ValidationError:
            try_was_wrong(name, address)
            raise
        try_was_right(name, address)
        return data

    def get_invalid_login_error(self) -> ValidationError:
        sentence = getattr(self.request, "sign_in_refused", "")
        return ValidationError(sentence) if sentence else super().get_invalid_login_error()


class SignIn(LoginView):
    """The password; nobody is signed in by it alone who has a second factor."""

    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"oidc": lambda: settings.OIDC_NAME if settings.OIDC_ISSUER else ""}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if not isinstance(user, User):
            raise TypeError("Only a User signs in here.")
        return signed_in_as(self.request, user, self.get_success_url())


def signed_in_as(request: HttpRequest, user: User, to: str) -> HttpResponse:
    """Whoever a password or a directory vouched for: signed in, or asked for the code first. `to` is a page of ours."""
    if enrolled(user):
        return wait_for_code(request, user, to)
    login(request, user)
    return redirect(to)


def wait_for_code(request: HttpRequest, user: User, to: str) -> HttpResponse:
    """Note who gave the right password, in a session of its own that is nobody's yet, and ask for the code."""
    request.session.flush()
    request.session[PENDING] = {
        "user": user.pk,
        "backend": user.backend,
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
    }
    return redirect(f"{reverse('login_code')}?{urlencode({'next': to})}")


@sensitive_post_parameters()
@never_cache
@anyone("GET POST")
def sign_in_code(request: HttpRequest) -> HttpResponseBase:
    """The second half; after five minutes, or a new password, it begins with the password again."""
    pending: dict[str, Any] = request.session.get(PENDING) or {}
    user = _waiting(pending)
    if user is None:
        request.session.pop(PENDING, None)
        return redirect("login")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (request.POST.get(KEY_FIELD) or form.is_valid()):
        form.full_clean()
        try:
            factor_taken(request, user)
        except FactorRefused as refused:
            form.errors.clear()
            form.add_error(FIELD, str(refused))
        else:
            login(request, user, backend=pending["backend"])
            request.session.pop(PENDING, None)
            mark_fresh(request)
            return redirect(then(request))
    context = {"form": form, "key": key_options(request, user)}
    return render(request, "registration/login_code.html", context, status=422 if form.errors else 200)


def _waiting(pending: dict[str, Any]) -> User | None:
    if not pending or not 0 <= time.time() - pending["at"] < PATIENCE:
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    fits = user is not None and constant_time_compare(user.get_session_auth_hash(), pending["hash"])
    return user if fits else None


def then(request: HttpRequest) -> str:
    """Where the person wanted to go, if it is a page of ours."""
    wanted = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else resolve_url(settings.LOGIN_REDIRECT_URL)
