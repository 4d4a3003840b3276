"""In which order many hosts are changed: one first, then small batches, never both halves of a pair at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """A host that is changed. Members with the same `pair` stand in for one another; empty is no pair."""

    name: str
    pair: str = ""


def waves(members: Sequence[Member], size: int) -> tuple[tuple[Member, ...], ...]:
    """Members in waves, kept in order as far as pairs allow: the first of one, the others of at most `size`.

    Raises ValueError for a size under 1, or a name that is there twice.
    """
    if size < 1:
        raise ValueError("A wave has at least one host.")
    names = [member.name for member in members]
    if len(set(names)) != len(names):
        raise ValueError("A host is named twice; it can be in one wave only.")
    left, found = list(members), list[tuple[Member, ...]]()
    while left:
        wave = _next_wave(left, size if found else 1)
        found.append(wave)
        left = [member for member in left if member not in wave]
    return tuple(found)


def _next_wave(left: Sequence[Member], size: int) -> tuple[Member, ...]:
    wave, pairs = list[Member](), set[str]()
    for member in left:
        if len(wave) == size:
            break
        if member.pair in pairs:
            continue
        wave.append(member)
        pairs |= {member.pair} - {""}
    return tuple(wave)
