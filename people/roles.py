"""The five roles, and what each of them includes. Pure: no Django, no database.

A role is a Django group of the same name. No role includes the right of another to decide:
an administrator manages hosts and people, and approves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """In the order in which pages show them."""

    VIEWER = "viewer"
    REQUESTER = "requester"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


DUTIES: dict[Role, str] = {
    Role.VIEWER: "sees hosts, owners, changes and the audit",
    Role.REQUESTER: "asks for changes to their owners' machines; to any machine with another role beside it",
    Role.APPROVER: "approves or rejects other people's changes",
    Role.OPERATOR: "runs, cancels, resumes, undoes and confirms changes, and trusts host keys",
    Role.ADMINISTRATOR: "manages hosts, owners, VMs, credentials and people",
}

INCLUDES: dict[Role, frozenset[Role]] = {role: frozenset({role, Role.VIEWER}) for role in Role}


SEES_ALL: frozenset[Role] = frozenset(Role) - {Role.REQUESTER}
"""Granted, each of these shows every machine. A requester alone sees and asks for their own (`inventory.rights`)."""


def effective(roles: Iterable[Role]) -> frozenset[Role]:
    """The roles, and those that they include: everybody with a role may view."""
    return frozenset(included for role in roles for included in INCLUDES[role])


def known(names: Iterable[str]) -> frozenset[Role]:
    """The roles among group names; other groups are none of our business."""
    return frozenset(Role(name) for name in set(names) & {role.value for role in Role})
