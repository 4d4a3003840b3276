"""Who sits where: each person takes one seat at most, and speaks for one at most. Pure.

A seat is of a class, `people` or `owners`. Whether all can be taken at once is a flow from voters over
those they speak for to the classes; each path that is found gives one more seat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass

Node = tuple[str, Hashable]
START, END = ("start", ""), ("end", "")


@dataclass(frozen=True, slots=True)
class Seated:
    """The voter took a seat of the class, speaking for somebody: themselves, or the one they stand in for."""

    voter: int
    speaks_for: Hashable
    seat: str


Speaking = Mapping[int, Collection[Hashable]]
Classes = Mapping[Hashable, Collection[str]]


def seated(voters: Speaking, classes: Classes, wanted: Mapping[str, int]) -> list[Seated]:
    """As many of the wanted seats (class → how many) as can be taken.

    voters   voter → those they may speak for, preferred first
    classes  whom they speak for → classes in which that one counts
    """
    room: defaultdict[Node, dict[Node, int]] = defaultdict(dict)
    for voter, speaking in voters.items():
        room[START][("voter", voter)] = 1
        for whom in speaking:
            room[("voter", voter)][("whom", whom)] = 1
            room[("whom", whom)][("once", whom)] = 1
            for name in sorted(classes[whom]):
                room[("once", whom)][("seat", name)] = 1
    for name, count in wanted.items():
        room[("seat", name)][END] = count
    while path := _path(room, START, {START}):
        for here, there in zip(path, path[1:], strict=False):
            room[here][there] -= 1
            room[there][here] = room[there].get(here, 0) + 1
    return [
        Seated(voter, whom, name)
        for voter, speaking in voters.items()
        for whom in speaking
        for name in sorted(classes[whom])
        if room[("voter", voter)][("whom", whom)] == 0 and room[("once", whom)][("seat", name)] == 0
    ]


def _path(room: Mapping[Node, Mapping[Node, int]], here: Node, seen: set[Node]) -> list[Node]:
    """Nodes from `here` to the end over which one more fits; empty if there is no such way."""
    if here == END:
        return [END]
    for there, left in list(room.get(here, {}).items()):
        if left and there not in seen:
            seen.add(there)
            if rest := _path(room, there, seen):
                return [here, *rest]
    return []
