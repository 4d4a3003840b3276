"""Finds processes that somebody stopped (SIGSTOP) and does not let go on. Linux; elsewhere it finds none.

A process that is stopped in the middle of a write keeps SQLite's lock: nobody else can write until it goes on or ends.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

STOPPED = "T"  # proc(5); a process that a debugger holds is `t`


def stopped_in(sessions: Collection[int], proc: Path = Path("/proc")) -> dict[int, int]:
    """Process → session, of all stopped processes of these sessions."""
    found = {}
    for path in proc.glob("[0-9]*/stat"):
        try:
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        if state == STOPPED and int(session) in sessions:
            found[int(path.parent.name)] = int(session)
    return found


class Standing:
    """Remembers since when each process was seen stopped."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._since: dict[int, float] = {}

    def too_long(self, stopped: Collection[int], now: float) -> list[int]:
        """Those that were stopped at every look for `patience` seconds."""
        self._since = {pid: self._since.get(pid, now) for pid in stopped}
        return [pid for pid, since in self._since.items() if now - since >= self.patience]
