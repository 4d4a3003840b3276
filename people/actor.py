"""An actor is somebody who acts, as a value that policies can judge. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from people.roles import SEES_ALL, Role, effective


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

    @property
    def sees_all(self) -> bool:
        """Whether this person sees every machine; else those of their own alone (`inventory.rights`)."""
        return self.active and not self.roles.isdisjoint(SEES_ALL)
