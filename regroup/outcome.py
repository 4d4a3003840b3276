"""How a command ends: one exit code for each thing that a script may want to do next."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """
    DONE         what was asked for is so; for `watch`: recovered
    FAILED       the run failed or was cancelled, or the undo failed; the host is as the page says
    USAGE        the command line or a file named in it is wrong; nothing was sent
    REFUSED      the planner, the gate or a person said no, or this person may not
    UNKNOWN      nobody can tell yet what became of a step; ask again
    UNREACHABLE  Regroup did not answer, or broke
    NOT_YET      the time given to `watch` is over and no end has come
    UNDONE       for `watch`: the change was undone, so nothing is recovered
    """

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNKNOWN = 4
    UNREACHABLE = 5
    NOT_YET = 6
    UNDONE = 7


ENDS = {
    "succeeded": Exit.DONE,
    "failed": Exit.FAILED,
    "cancelled": Exit.FAILED,
    "undo_failed": Exit.FAILED,
    "closed": Exit.FAILED,
    "refused": Exit.REFUSED,
    "rejected": Exit.REFUSED,
    "stale": Exit.REFUSED,
    "blocked": Exit.REFUSED,
    "expired": Exit.REFUSED,
    "withdrawn": Exit.REFUSED,
    "unknown": Exit.UNKNOWN,
    "undone": Exit.UNDONE,
}
"""State → how a watch ends there; in every other state it goes on."""
