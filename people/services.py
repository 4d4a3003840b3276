"""Writing people: accounts, roles, tokens. Each decision is said through `people.signals.decided`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from people.actor import Actor
from people.models import Token, User
from people.roles import Role
from people.selectors import token_hash
from people.signals import decided

TOKEN_DAYS = 90


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
    _say(by, "user.create", user, {})
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


def _role_set(user: User, role: Role, wanted: bool, by: Actor | None) -> bool:
    if by and by.id == user.pk:
        raise ValidationError("Nobody changes their own roles. Ask another administrator.")
    group, _ = Group.objects.get_or_create(name=role.value)
    if user.groups.filter(pk=group.pk).exists() == wanted:
        return False
    (user.groups.add if wanted else user.groups.remove)(group)
    _say(by, "role.grant" if wanted else "role.revoke", user, {"role": role.value})
    return True


@transaction.atomic
def password_set(user: User, password: str, *, by: Actor) -> None:
    """A new password. Raises ValidationError when it is weak."""
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    _say(by, "password.change", user, {})


@transaction.atomic
def token_issue(user: User, name: str, *, days: int | None = TOKEN_DAYS, by: Actor | None = None) -> tuple[Token, str]:
    """A new token and its text, which nobody can read again. `days` None never expires.

    Raises ValidationError when the user has a valid token of this name.
    """
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    text = f"rgp_{prefix}{secret}"
    expires = timezone.now() + timedelta(days=days) if days else None
    token = Token(user=user, name=name, prefix=prefix, hash=token_hash(text), expires=expires)
    token.full_clean()
    token.save()
    _say(by, "token.issue", user, {"name": name, "prefix": prefix, "days": days})
    return token, text


@transaction.atomic
def token_revoke(token: Token, *, by: Actor | None = None) -> bool:
    """Whether it was valid until now."""
    revoked = Token.objects.filter(pk=token.pk, revoked__isnull=True).update(revoked=timezone.now())
    if revoked:
        _say(by, "token.revoke", token.user, {"name": token.name, "prefix": token.prefix})
    return bool(revoked)


def _say(by: Actor | None, action: str, user: User, detail: dict[str, Any]) -> None:
    decided.send(sender=User, actor=by, action=action, user=user, detail=detail)
