"""My second factor: set up, renewed, removed; and, for administrators, taken from somebody who lost theirs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from people.access import Request, requires, signed_in, when_posted
from people.factors import (
    FactorRefused,
    enrolled,
    factor_remove,
    recovery_left,
    recovery_renew,
    totp_begin,
    totp_confirm,
    totp_secret,
    totp_waiting,
)
from people.forms import BeginForm, CodeForm
from people.models import Totp, User
from people.roles import Role
from people.security_keys import key_add, key_begin, key_remove
from people.sessions import sessions_end, signed_in_lately
from people.sign_in import then
from people.stepping import FIELD, mark_fresh, must_have, step_up
from people.totp import address, drawing, grouped

BEGUN = "factor_begun"
"""In the session that was given a new secret: when that was, so that no other session confirms it or is shown it."""


@signed_in()
def factor(request: Request) -> HttpResponse:
    return _page(request, BeginForm(wanted=_asked(request.user)))


@sensitive_post_parameters()
@never_cache
@signed_in("POST")
def factor_begin(request: Request) -> HttpResponse:
    """Shows a new secret, as a drawing and as text, for ten minutes or until a code of it is confirmed."""
    form = BeginForm(request.POST, wanted=_asked(request.user))
    if not form.is_valid() or not _is_me(request, form):
        return _page(request, form, status=422)
    try:
        secret = totp_begin(request.user)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, form, status=422)
    waiting = totp_waiting(request.user)
    request.session[BEGUN] = waiting.created.isoformat() if waiting else ""
    return _secret(request, secret, CodeForm())


@sensitive_post_parameters()
@never_cache
@signed_in("POST")
def factor_confirm(request: Request) -> HttpResponse:
    """The first code: the app counts from now on, and the recovery codes are shown, once."""
    form = CodeForm(request.POST)
    waiting = _begun_here(request)
    if waiting is None:
        if not enrolled(request.user):
            messages.error(request, "A new secret counts for ten minutes, in the browser that began. Begin again.")
        return redirect("factor")
    if form.is_valid():
        try:
            codes = totp_confirm(request.user, form.cleaned_data[FIELD], by=request.actor)
        except FactorRefused as refused:
            form.add_error(FIELD, str(refused))
        else:
            mark_fresh(request)
            request.session.pop(BEGUN, None)
            sessions_end(request.user, by=request.actor, keep=request.session.session_key)
            return _page(request, BeginForm(wanted=_asked(request.user)), codes=codes)
    return _secret(request, totp_secret(waiting), form, status=422)


@never_cache
@signed_in("POST", fresh=when_posted)
def factor_codes(request: Request) -> HttpResponse:
    if not enrolled(request.user):
        return redirect("factor")
    return _page(request, BeginForm(wanted=_asked(request.user)), codes=recovery_renew(request.user, by=request.actor))


@signed_in("POST", fresh=when_posted)
def factor_end(request: Request) -> HttpResponse:
    if factor_remove(request.user, by=request.actor):
        messages.success(request, "Your second factor is removed, and its recovery codes with it.")
    return redirect("factor")


@signed_in("POST", fresh=when_posted)
def key_new(request: Request) -> HttpResponse:
    try:
        row = key_add(
            request, request.user, request.POST.get("name", ""), request.POST.get("new_key", ""), by=request.actor
        )
        messages.success(request, f"{row.name} is added: touch it instead of typing a code.")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("factor")


@signed_in("POST", fresh=when_posted)
def key_end(request: Request, pk: int) -> HttpResponse:
    if not key_remove(request.user, pk, by=request.actor):
        raise Http404("You have no such key.")
    messages.success(request, "The key is removed.")
    return redirect("factor")


@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def factor_reset(request: Request, username: str) -> HttpResponse:
    """For somebody who lost both the app and the codes; one's own goes by a code of it."""
    user = get_object_or_404(User, username=username)
    if user.pk == request.user.pk:
        raise PermissionDenied("Nobody resets their own second factor. Remove it on your account page, with a code.")
    if factor_remove(user, by=request.actor):
        messages.success(request, f"{user.display} signs in with the password alone now, and can set up a new app.")
    return redirect("person", user.username)


@never_cache
@signed_in("GET POST")
def step_up_then(request: Request) -> HttpResponse:
    """Show a fresh factor, then go on to the page in `next`."""
    return step_up(request, request.user, request.actor) or redirect(then(request))


def _begun_here(request: Request) -> Totp | None:
    waiting = totp_waiting(request.user)
    return waiting if waiting and waiting.created.isoformat() == request.session.get(BEGUN) else None


def _asked(user: User) -> bool:
    """Whether the password can be asked for here: not that of a sign-in provider."""
    return user.source != User.Source.OIDC


def _is_me(request: Request, form: BeginForm) -> bool:
    """By the password, or by a sign-in of a moment ago; else the form says why not."""
    if not _asked(request.user):
        if signed_in_lately(request):
            return True
        form.add_error(None, "You signed in more than five minutes ago. Sign out and in again, then set up the app.")
        return False
    user = authenticate(request, username=request.user.username, password=form.cleaned_data["password"])
    if user is None or user.pk != request.user.pk:
        form.add_error("password", "This is not your password.")
        return False
    return True


def _secret(request: Request, secret: str, form: CodeForm, status: int = 200) -> HttpResponse:
    text = address(secret, request.user.username)
    context = {"form": form, "drawing": drawing(text), "secret": grouped(secret)}
    return render(request, "people/factor_secret.html", context, status=status)


def _page(request: Request, form: BeginForm, *, codes: list[str] | None = None, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "codes": codes or [],
        "enrolled": enrolled(request.user),
        "must": must_have(request.actor),
        "left": recovery_left(request.user),
        "keys": request.user.security_keys.all(),
        "new_key": key_begin(request, request.user),
    }
    return render(request, "people/factor.html", context, status=status)
