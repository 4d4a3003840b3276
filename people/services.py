"""Writing people: accounts, roles, tokens. Each decision is said through `people.signals.decided`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from people.actor import Actor
from people.models import Token, User
from people.roles import Role
from people.scopes import Scope, written
from people.selectors import token_hash
from people.sessions import sessions_end
from people.signals import say

TOKEN_DAYS = 90


@sensitive_variables()
@transaction.atomic
def user_create(
    username: str,
    *,
    password: str,
    display_name: str = "",
    email: str = "",
    roles: Iterable[Role] = (),
    by: Actor | None = None,
) -> User:
    """A new account with its roles. Raises ValidationError (name taken, weak password)."""
    user = User(username=username, display_name=display_name, email=email)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    say(by, "user.create", user, {})
    for role in roles:
        role_grant(user, role, by=by)
    return user


@transaction.atomic
def role_grant(user: User, role: Role, *, by: Actor | None = None) -> bool:
    """Whether the role is new to the user. Nobody changes their own roles (ValidationError)."""
    return _role_set(user, role, True, by)


@transaction.atomic
def role_revoke(user: User, role: Role, *, by: Actor | None = None) -> bool:
    """Whether the user had the role. Nobody changes their own roles (ValidationError)."""
    return _role_set(user, role, False, by)


@transaction.atomic
def role_follow(user: User, role: Role, wanted: bool) -> bool:
    """What a directory says of somebody, at their sign-in; whether it changes anything."""
    return _role_set(user, role, wanted, None, {"from": user.source})


def _role_set(user: User, role: Role, wanted: bool, by: Actor | None, why: dict[str, str] | None = None) -> bool:
    if by and by.id == user.pk:
        raise ValidationError("Nobody changes their own roles. Ask another administrator.")
    group, _ = Group.objects.get_or_create(name=role.value)
    if user.groups.filter(pk=group.pk).exists() == wanted:
        return False
    (user.groups.add if wanted else user.groups.remove)(group)
    say(by, "role.grant" if wanted else "role.revoke", user, {"role": role.value, **(why or {})})
    return True


@sensitive_variables()
@transaction.atomic
def password_set(user: User, password: str, *, by: Actor, keep: str | None = None) -> None:
    """A new password; every session but the one to `keep` ends. Raises ValidationError when it is weak."""
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    say(by, "password.change", user, {})
    sessions_end(user, by=by, keep=keep)


@transaction.atomic
def user_disable(user: User, *, by: Actor) -> bool:
    """Whether the account was active: its sessions and tokens end with it. Nobody ends their own (ValidationError)."""
    if by.id == user.pk:
        raise ValidationError("Nobody switches off their own account. Ask another administrator.")
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return False
    user.is_active = False
    say(by, "user.disable", user, {})
    sessions_end(user, by=by)
    for token in Token.objects.filter(user=user, revoked__isnull=True):
        token_revoke(token, by=by)
    return True


@transaction.atomic
def user_enable(user: User, *, by: Actor) -> bool:
    """Whether the account was switched off. Its tokens stay revoked."""
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        return False
    user.is_active = True
    say(by, "user.enable", user, {})
    return True


@sensitive_variables()
@transaction.atomic
def token_issue(
    user: User,
    name: str,
    *,
    days: int | None = TOKEN_DAYS,
    scopes: Iterable[Scope] = tuple(Scope),
    by: Actor | None = None,
) -> tuple[Token, str]:
    """A new token and its text, which nobody can read again. `days` None never expires.

    Raises ValidationError when the user has a valid token of this name.
    """
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    text = f"rgp_{prefix}{secret}"
    expires = timezone.now() + timedelta(days=days) if days else None
    kept = written(scopes)
    token = Token(user=user, name=name, prefix=prefix, hash=token_hash(text), expires=expires, scopes=kept)
    token.full_clean()
    token.save()
    say(by, "token.issue", user, {"name": name, "prefix": prefix, "days": days, "scopes": kept})
    return token, text


@transaction.atomic
def token_revoke(token: Token, *, by: Actor | None = None) -> bool:
    """Whether it was valid until now."""
    revoked = Token.objects.filter(pk=token.pk, revoked__isnull=True).update(revoked=timezone.now())
    if revoked:
        say(by, "token.revoke", token.user, {"name": token.name, "prefix": token.prefix})
    return bool(revoked)
