"""My account, and, for administrators, who may do what."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from people.access import Request, always, requires, signed_in, when_posted
from people.factors import enrolled, recovery_left
from people.forms import PersonForm, RolesForm, TokenForm
from people.models import Token, User
from people.roles import DUTIES, Role, known
from people.services import password_set, role_grant, role_revoke, token_issue, token_revoke, user_create
from people.sessions import sessions_of


@signed_in()
def account(request: Request) -> HttpResponse:
    return _account(request, TokenForm())


@never_cache
@signed_in("POST", fresh=when_posted)
def token_new(request: Request) -> HttpResponse:
    """Shows the new token's text in this answer and never again."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account(request, form, status=422)
    try:
        _, text = token_issue(request.user, **form.cleaned_data, by=request.actor)
    except ValidationError as error:
        form.add_error("name", error.messages)
        return _account(request, form, status=422)
    return _account(request, TokenForm(), issued=text)


@signed_in("POST")
def token_end(request: Request, pk: int) -> HttpResponse:
    token = get_object_or_404(Token, pk=pk, user=request.user)
    if token_revoke(token, by=request.actor):
        messages.success(request, f"The token {token.name} is revoked; nothing can use it any more.")
    return redirect("account")


@sensitive_post_parameters()
@signed_in("GET POST", fresh=always)
def account_password(request: Request) -> HttpResponse:
    if request.user.source != User.Source.LOCAL:
        raise PermissionDenied(f"Your password is kept by {request.user.get_source_display()}. Change it there.")
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        here = request.session.session_key
        password_set(request.user, form.cleaned_data["new_password1"], by=request.actor, keep=here)
        update_session_auth_hash(request, request.user)
        messages.success(request, "Your password is changed. Other browsers were signed out.")
        return redirect("account")
    return render(request, "people/password.html", {"form": form}, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR)
def people(request: Request) -> HttpResponse:
    users = User.objects.prefetch_related("groups").order_by("username")
    rows = [(user, sorted(known(group.name for group in user.groups.all()))) for user in users]
    return render(request, "people/list.html", {"rows": rows})


@sensitive_post_parameters()
@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=always)
def person_new(request: Request) -> HttpResponse:
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = user_create(**form.values(), by=request.actor)
        except ValidationError as error:
            form.add_error("password" if not hasattr(error, "error_dict") else None, error)
        else:
            messages.success(request, f"{user.display} can sign in now.")
            return redirect("people")
    return render(request, "people/new.html", {"form": form}, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def person(request: Request, username: str) -> HttpResponse:
    """Somebody's roles; nobody changes their own."""
    user = get_object_or_404(User, username=username)
    has = known(user.groups.values_list("name", flat=True))
    form = RolesForm(request.POST if request.method == "POST" else None, initial={"roles": sorted(has)})
    if request.method == "POST" and form.is_valid():
        wanted: frozenset[Role] = form.cleaned_data["roles"]
        try:
            _set_roles(user, has, wanted, request)
        except ValidationError as error:
            form.add_error("roles", error)
        else:
            messages.success(request, f"{user.display} has these roles now: {', '.join(sorted(wanted)) or 'none'}.")
            return redirect("people")
    context = {"form": form, "person": user, "enrolled": enrolled(user), "sessions": sessions_of(user)}
    return render(request, "people/person.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _set_roles(user: User, has: frozenset[Role], wanted: frozenset[Role], request: Request) -> None:
    for role in wanted - has:
        role_grant(user, role, by=request.actor)
    for role in has - wanted:
        role_revoke(user, role, by=request.actor)


def _account(request: Request, form: TokenForm, *, issued: str = "", status: int = 200) -> HttpResponse:
    duties = [(role, DUTIES[role]) for role in Role if role in request.actor.roles]
    tokens = Token.objects.filter(user=request.user)
    context = {"form": form, "issued": issued, "duties": duties, "tokens": tokens, "now": timezone.now()}
    context |= {"enrolled": enrolled(request.user), "recovery_left": recovery_left(request.user)}
    return render(request, "people/account.html", context, status=status)
