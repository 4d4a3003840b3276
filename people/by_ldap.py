"""Signing in through a directory: django-auth-ldap asks it, `people.directory` says whose account that is.

Loaded only where `REGROUP_LDAP_URI` is set: python-ldap is not in the base install.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_auth_ldap.backend import LDAPBackend, ldap_error

from people.directory import SignInRefused, Vouched, person_vouched
from people.models import User

AWAY = (
    "The directory does not answer, so this name and password could not be checked there. Local accounts can sign in; "
    "try again in a while, or tell an administrator."
)
UNIQUE = ("entryUUID", "objectGUID")
"""What a directory never gives to somebody else, unlike a name: OpenLDAP's, and Active Directory's."""


class ByLdap(LDAPBackend):  # type: ignore[misc]  # the library has no types
    """A name and a password that the directory takes, and the groups that it says the person is in."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        try:
            user: User | None = super().authenticate(request, **credentials)
        except SignInRefused as refused:
            _tell(request, str(refused))
            raise PermissionDenied(str(refused)) from None
        return user

    def get_or_build_user(self, username: str, ldap_user: Any) -> tuple[User, bool]:
        """The directory has taken the password by now. Raises SignInRefused."""
        return person_vouched(vouched(username, ldap_user.dn, ldap_user.attrs, ldap_user.group_names)), False

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()

    def get_group_permissions(self, user: User, obj: object = None) -> set[str]:
        """Rights are Regroup's roles."""
        return set()


def vouched(username: str, dn: str, entry: Mapping[str, Sequence[Any]], groups: Sequence[str]) -> Vouched:
    """From an entry: attribute → its values."""
    unique = next((str(entry[name][0]) for name in UNIQUE if entry.get(name)), dn.casefold())

    def first(*names: str) -> str:
        return next((str(entry[name][0]) for name in names if entry.get(name)), "")

    return Vouched(
        source=User.Source.LDAP,
        subject=unique[:255],
        username=first("uid", "sAMAccountName") or username,
        display_name=first("displayName", "cn"),
        email=first("mail"),
        groups=frozenset(groups),
    )


def told_away(*, request: HttpRequest | None = None, **_: Any) -> None:
    """For the library's signal of an error: it was no wrong password."""
    _tell(request, AWAY)


def _tell(request: HttpRequest | None, sentence: str) -> None:
    if request is not None:
        request.sign_in_refused = sentence  # type: ignore[attr-defined]  # for the form of people.sign_in


ldap_error.connect(told_away, dispatch_uid="people")
