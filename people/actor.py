"""An actor is somebody who acts, as a value that policies can judge. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from people.roles import Role, effective


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at the moment of acting.

    roles are as granted; `may` adds what they include. There is no superuser here, on purpose.
    """

    id: int
    username: str
    display: str
    roles: frozenset[Role] = frozenset()
    active: bool = True

    def may(self, *wanted: Role) -> bool:
        """Whether this person is active and has, or includes, one of the roles wanted."""
        return self.active and not effective(self.roles).isdisjoint(wanted)
