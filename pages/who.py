"""People in a sentence: who could do what is needed."""

from __future__ import annotations

from people.models import User
from people.roles import Role


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
