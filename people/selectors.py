"""Reading people."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from people.actor import Actor
from people.models import Token, User
from people.roles import Role, known

TOKEN = re.compile(r"rgp_(?P<prefix>[0-9a-f]{8})[A-Za-z0-9_-]{43}")
USE_NOTED_EVERY = timedelta(minutes=1)


def actor_of(user: User | AnonymousUser) -> Actor:
    """The person as a value, with the roles of this moment; two reads at most. Raises TypeError if anonymous."""
    if not isinstance(user, User):
        raise TypeError("Only a signed-in person can be an actor.")
    names = user.groups.values_list("name", flat=True)
    return Actor(user.pk, user.username, user.display, known(names), user.is_active)


def actors_of(users: QuerySet[User]) -> list[Actor]:
    """All of them as values, with two reads."""
    rows = users.prefetch_related("groups")
    return [
        Actor(user.pk, user.username, user.display, known(group.name for group in user.groups.all()), user.is_active)
        for user in rows
    ]


def actor_by_id(user_id: int) -> Actor:
    """Somebody's roles read anew, for the gate. Raises User.DoesNotExist."""
    return actor_of(User.objects.get(pk=user_id))


def actors_with(role: Role) -> list[Actor]:
    """Active people who were granted this role, by name."""
    users = User.objects.filter(is_active=True, groups__name=role).prefetch_related("groups").order_by("username")
    return [actor_of(user) for user in users]


def token_hash(text: str) -> str:
    """A token has 256 random bits, so that one sha256 is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def token_user(text: str) -> User | None:
    """Whose token this is; None as for `token_row`."""
    row = token_row(text)
    return row.user if row else None


def token_row(text: str) -> Token | None:
    """The token of this text; None if it is unknown, revoked, expired, or its person is not active.

    Notes when it was used, once a minute at most.
    """
    form, now = TOKEN.fullmatch(text), timezone.now()
    if form is None:
        return None
    token = Token.objects.usable(now).select_related("user").filter(prefix=form["prefix"]).first()
    if token is None or not secrets.compare_digest(token.hash, token_hash(text)):
        return None
    if token.last_used is None or now - token.last_used > USE_NOTED_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used=now)
    return token
