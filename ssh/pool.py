"""A bounded store of open sessions, one process's own.

A session is lent to one borrower at a time; further borrowers of the same target get
further sessions. A session whose borrower saw an error is closed, never lent again.
Targets behind the same jump host share one connection to it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ssh.paramiko_session import ParamikoSession, Target, connect
from ssh.session import SessionError

LOOKS_EVERY = 5.0
"""Seconds between two looks through all that is kept."""


class SessionPool:
    """Keeps at most `size` idle sessions, each for at most `idle` seconds."""

    def __init__(self, opener: Callable[..., ParamikoSession] = connect, size: int = 64, idle: float = 120.0) -> None:
        self._opener, self._size, self._idle = opener, size, idle
        self._kept: OrderedDict[ParamikoSession, float] = OrderedDict()  # oldest first
        self._free: dict[Target, list[ParamikoSession]] = {}
        self._ways: dict[Target, ParamikoSession] = {}
        self._looked = time.monotonic()
        self._lock, self._on_the_way = threading.Lock(), threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @contextmanager
    def acquire(self, target: Target, sock: socket.socket | None = None) -> Iterator[ParamikoSession]:
        """A session for this very target: another key or secret is another target. Raises as `connect`.

        sock  a connection to it that is open already; used where no session is kept, closed where one is
        """
        session = self._take(target)
        if session is None:
            session = self._open(target, sock)
        elif sock is not None:
            sock.close()
        try:
            yield session
        except SessionError:
            session.close()
            raise
        else:
            self._keep(session)

    def has(self, target: Target) -> bool:
        """Whether a session for this target is kept and stands."""
        with self._lock:
            return any(session.is_alive() for session in self._free.get(target, ()))

    def close(self) -> None:
        """Close all idle sessions, and those to jump hosts."""
        with self._lock:
            kept, self._kept = list(self._kept), OrderedDict()
            self._free = {}
        with self._on_the_way:
            ways, self._ways = list(self._ways.values()), {}
        for session in (*kept, *ways):
            session.close()

    def close_idle(self) -> None:
        """Close what nobody wanted for too long, and what has died."""
        now = time.monotonic()
        with self._lock:
            self._looked = now
            stale = [one for one, at in self._kept.items() if now - at > self._idle or not one.is_alive()]
            for session in stale:
                self._forget(session)
        for session in stale:
            session.close()

    def _take(self, target: Target) -> ParamikoSession | None:
        if time.monotonic() - self._looked > min(LOOKS_EVERY, self._idle):
            self.close_idle()
        while True:
            with self._lock:
                free = self._free.get(target)
                if not free:
                    return None
                session = free[-1]
                self._forget(session)
            if session.is_alive():
                return session
            session.close()

    def _open(self, target: Target, sock: socket.socket | None) -> ParamikoSession:
        if target.jump is not None:
            return self._opener(target, through=self._way(target.jump))
        return self._opener(target, sock=sock) if sock is not None else self._opener(target)

    def _way(self, jump: Target) -> ParamikoSession:
        """The one session to a jump host, opened anew where it has died."""
        with self._on_the_way:
            way = self._ways.get(jump)
            if way is None or not way.is_alive():
                way = self._ways[jump] = self._opener(jump)
            return way

    def _keep(self, session: ParamikoSession) -> None:
        with self._lock:
            self._kept[session] = time.monotonic()
            self._free.setdefault(session.target, []).append(session)
            surplus = list(self._kept)[: max(len(self._kept) - self._size, 0)]
            for old in surplus:
                self._forget(old)
        for old in surplus:
            old.close()

    def _forget(self, session: ParamikoSession) -> None:
        """No longer kept; the lock is held."""
        self._kept.pop(session, None)
        free = self._free.get(session.target, [])
        if session in free:
            free.remove(session)
        if not free:
            self._free.pop(session.target, None)
