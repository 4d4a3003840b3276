"""A bounded store of open sessions, one process's own.

A session is lent to one borrower at a time; further borrowers of the same target get
further sessions. A session whose borrower saw an error is closed, never lent again.
Targets behind the same jump host share one connection to it. With `talks`, connections that need no jump host are kept
without a thread each (`ssh.kept`).
"""

from __future__ import annotations

import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from ssh.kept import KeptSession, Switchboard
from ssh.paramiko_session import ParamikoSession, Target, connect, connect_kept

LOOKS_EVERY = 5.0
"""Seconds between two looks through all that is kept."""


Open = ParamikoSession | KeptSession


class SessionPool:
    """Keeps at most `size` idle sessions, each for at most `idle` seconds.

    talks  commands under way at once over sessions without a thread; 0: each session has a thread
    """

    def __init__(
        self,
        opener: Callable[..., ParamikoSession] = connect,
        size: int = 64,
        idle: float = 120.0,
        talks: int = 0,
    ) -> None:
        self._opener, self._size, self._idle, self._talks = opener, size, idle, talks
        self._board: Switchboard | None = None
        self._kept: OrderedDict[Open, float] = OrderedDict()  # oldest first
        self._free: dict[Target, list[Open]] = {}
        self._ways: dict[Target, ParamikoSession] = {}
        self._looked = time.monotonic()
        self._lock, self._on_the_way = threading.Lock(), threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @contextmanager
    def acquire(self, target: Target, sock: socket.socket | None = None) -> Iterator[Open]:
        """A session for this very target: another key or secret is another target. Raises as `connect`.

        sock  a connection to it that is open already; used where no session is kept, closed where one is
        """
        session = self._take(target)
        if session is None:
            session = self._open(target, sock)
        elif sock is not None:
            sock.close()
        with self.lent(session):
            yield session

    @contextmanager
    def lent(self, session: Open) -> Iterator[None]:
        """A session that was taken goes back when the block ends; it is closed where that raised anything."""
        try:
            yield
        except BaseException:
            session.close()
            raise
        else:
            self.keep(session)

    def take_kept(self, target: Target) -> KeptSession | None:
        """A session that is kept without a thread, if there is one; whoever takes it gives it back (`lent`, `keep`)."""
        with self._lock:
            one = next((one for one in self._free.get(target, ()) if isinstance(one, KeptSession)), None)
            if one is None or not one.is_alive():
                return None
            self._forget(one)
            return one

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
        board, self._board = self._board, None
        if board is not None:
            board.close()

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

    def _take(self, target: Target) -> Open | None:
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

    def _open(self, target: Target, sock: socket.socket | None) -> Open:
        if target.jump is not None:
            return self._opener(target, through=self._way(target.jump))
        if self._talks:
            return connect_kept(target, self._switchboard(), sock)
        return self._opener(target, sock=sock) if sock is not None else self._opener(target)

    def _switchboard(self) -> Switchboard:
        with self._lock:
            self._board = self._board or Switchboard(self._talks)
            return self._board

    def _way(self, jump: Target) -> ParamikoSession:
        """The one session to a jump host, opened anew where it has died."""
        with self._on_the_way:
            way = self._ways.get(jump)
            if way is None or not way.is_alive():
                way = self._ways[jump] = self._opener(jump)
            return way

    def keep(self, session: Open) -> None:
        with self._lock:
            self._kept[session] = time.monotonic()
            self._free.setdefault(session.target, []).append(session)
            surplus = list(islice(self._kept, max(len(self._kept) - self._size, 0)))
            for old in surplus:
                self._forget(old)
        for old in surplus:
            old.close()

    def _forget(self, session: Open) -> None:
        """No longer kept; the lock is held."""
        self._kept.pop(session, None)
        free = self._free.get(session.target, [])
        if session in free:
            free.remove(session)
        if not free:
            self._free.pop(session.target, None)
