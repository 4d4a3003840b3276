"""People in a sentence: who could do what is needed."""

from __future__ import annotations

from changes.models import Change
from execution.gate import unmet
from people.models import User
from people.roles import Role


def starters_of(change: Change) -> str:
    """Operators who could start it with its approvals, as `names_of`: whoever starts it does not count among them.

    Only of those who have approved it, or speak for its owner, does anything have to be weighed.
    """
    near = change.voters() | {user for user, _ in change.needs.members}
    own = User.objects.filter(is_active=True, groups__name=Role.OPERATOR, pk__in=near).values_list("pk", flat=True)
    return names_of(Role.OPERATOR, *(pk for pk in own if unmet(change, pk)))


def names_of(role: Role, *but: int) -> str:
    """Who has the role, as the subject of a sentence: `Amir`, `Amir or another approver`; one query."""
    people = User.objects.filter(is_active=True, groups__name=role).exclude(pk__in=but).order_by("username")[:3]
    names = [person.display for person in people]
    if not names:
        return f"Somebody with the role {role}, which nobody who may act here has yet,"
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        return f"{names[0]} or {names[1]}"
    return f"{names[0]} or another {role}"
