"""Which roles a directory's groups give. Pure.

Written as `group=role` with commas between; a group of several roles stands there several times. Upper and lower case
of a group's name count as the same, as they do in directories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from people.roles import Role


def parse(text: str) -> dict[str, frozenset[Role]]:
    """Group → roles. Raises ValueError with the sentence why not."""
    found: dict[str, frozenset[Role]] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        group, _, word = (part.strip() for part in pair.rpartition("="))
        if not group or word not in set(Role):
            raise ValueError(f"{pair!r} is not a group, =, and one of the roles {', '.join(Role)}")
        found[group.casefold()] = found.get(group.casefold(), frozenset()) | {Role(word)}
    return found


def roles_of(groups: Iterable[str], mapping: Mapping[str, frozenset[Role]]) -> frozenset[Role]:
    """What somebody in these groups gets; a group without a mapping gives nothing."""
    nothing: frozenset[Role] = frozenset()
    return nothing.union(*(mapping.get(group.casefold(), nothing) for group in groups))
