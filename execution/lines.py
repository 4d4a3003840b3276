"""Sessions to hosts for all that a task has to do there: gate, wait and walk sign in once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from inventory.connect import open_session
from inventory.models import Host
from ssh.command import Command
from ssh.session import Result, Session


class Guarded:
    """A session that asks before each command whether it may still be sent."""

    def __init__(self, session: Session, may: Callable[[], None]) -> None:
        self._session, self._may = session, may

    def run(self, command: Command) -> Result:
        self._may()
        return self._session.run(command)

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Lines:
    """One session to each host, opened when it is first wanted, and anew after it was dropped because it broke.

    `may` is called before each command on any of them, and raises where nothing may be sent any more.
    """

    def __init__(self, may: Callable[[], None]) -> None:
        self._may = may
        self._sessions: dict[str, Session] = {}

    def open(self, host: Host) -> Session:
        """Raises SessionError."""
        session = self._sessions.get(host.name)
        if session is None:
            self._may()
            session = self._sessions[host.name] = Guarded(open_session(host), self._may)
        return session

    def drop(self, host: Host) -> None:
        session = self._sessions.pop(host.name, None)
        if session:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
