"""A bounded store of open sessions, one process's own.

A session is lent to one borrower at a time; further borrowers of the same target get
further sessions. A session whose borrower saw an error is closed, never lent again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ssh.paramiko_session import ParamikoSession, Target, connect
from ssh.session import SessionError


class SessionPool:
    """Keeps at most `size` idle sessions, each for at most `idle` seconds."""

    def __init__(
        self, opener: Callable[[Target], ParamikoSession] = connect, size: int = 64, idle: float = 120.0
    ) -> None:
        self._opener, self._size, self._idle = opener, size, idle
        self._kept: list[tuple[float, ParamikoSession]] = []  # oldest first
        self._lock = threading.Lock()

    @contextmanager
    def acquire(self, target: Target) -> Iterator[ParamikoSession]:
        """A session for this very target: another key or secret is another target. Raises as `connect`."""
        session = self._take(target) or self._opener(target)
        try:
            yield session
        except SessionError:
            session.close()
            raise
        else:
            self._keep(session)

    def close(self) -> None:
        """Close all idle sessions."""
        with self._lock:
            kept, self._kept = self._kept, []
        for _, session in kept:
            session.close()

    def close_idle(self) -> None:
        """Close what nobody wanted for too long, and what has died."""
        now = time.monotonic()
        with self._lock:
            stale = [item for item in self._kept if now - item[0] > self._idle or not item[1].is_alive()]
            self._kept = [item for item in self._kept if item not in stale]
        for _, session in stale:
            session.close()

    def _take(self, target: Target) -> ParamikoSession | None:
        self.close_idle()
        with self._lock:
            for item in reversed(self._kept):
                if item[1].target == target:
                    self._kept.remove(item)
                    return item[1]
        return None

    def _keep(self, session: ParamikoSession) -> None:
        with self._lock:
            self._kept.append((time.monotonic(), session))
            surplus = self._kept[: -self._size]
            self._kept = self._kept[-self._size :]
        for _, old in surplus:
            old.close()
