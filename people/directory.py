"""People whom a directory vouches for: their account, and their roles, as they are told at each sign-in.

An account belongs to whoever vouched for it first. A name in a directory opens no account that was made here, nor one
of another directory: else whoever may name people there would be anybody here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from people.group_roles import roles_of
from people.models import User
from people.roles import Role, known
from people.services import role_follow
from people.signals import say


class SignInRefused(Exception):
    """The directory vouches, but nobody is signed in; the message is the sentence."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a directory says of somebody. `subject` is what never changes there; `username` may."""

    source: str
    subject: str
    username: str
    display_name: str = ""
    email: str = ""
    groups: frozenset[str] = frozenset()


@transaction.atomic
def person_vouched(told: Vouched) -> User:
    """Their account, made at the first sign-in, with today's name, mail and roles. Raises SignInRefused."""
    user = User.objects.filter(source=told.source, subject=told.subject).first()
    if user is None:
        user = _new(told)
    elif not user.is_active:
        raise SignInRefused("This account is switched off. An administrator can switch it on.")
    user.display_name, user.email = told.display_name[:120], told.email[:254]
    user.save(update_fields=["display_name", "email"])
    roles_follow(user, told.groups)
    return user


def roles_follow(user: User, groups: Iterable[str]) -> None:
    """Exactly the roles that these groups give: what was taken away in the directory is gone."""
    wanted: frozenset[Role] = roles_of(groups, settings.GROUP_ROLES)
    has = known(user.groups.values_list("name", flat=True))
    for role in sorted(wanted ^ has):
        role_follow(user, role, role in wanted)


def taken(username: str) -> SignInRefused:
    return SignInRefused(
        f"There is an account named {username} here already, and it is not this one of the directory. "
        "An administrator of the directory or of Regroup has to give one of them another name."
    )


def _new(told: Vouched) -> User:
    if User.objects.filter(username__iexact=told.username).exists():
        raise taken(told.username)
    user = User(username=told.username, source=told.source, subject=told.subject)
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError:
        raise SignInRefused(
            f"The directory calls you {told.username!r}. A user name has at most 150 letters, digits and @ . + - _."
        ) from None
    user.save()
    say(None, "user.create", user, {"from": told.source})
    return user
