"""By whose word a change goes on: the floor that runs changes knows, and says so here when it starts."""

from __future__ import annotations

from collections.abc import Callable, Collection

from changes.models import Change

Known = Callable[[Change], Collection[int]]
_known: list[Known] = []


def register_going(known: Known) -> None:
    """Called once by the ready() of whoever knows."""
    _known[:] = [known]


def going_by(change: Change) -> frozenset[int]:
    """Whoever had it go on, where no worker has taken that up yet or it waits until nothing holds it."""
    return frozenset(who for known in _known for who in known(change))
