"""Sessions to hosts for all that a task has to do there: gate, wait and walk sign in once."""

from __future__ import annotations

from typing import Self

from inventory.connect import open_session
from inventory.models import Host
from ssh.session import Session


class Lines:
    """One session to each host, opened when it is first wanted, and anew after it was dropped because it broke."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def open(self, host: Host) -> Session:
        """Raises SessionError."""
        session = self._sessions.get(host.name)
        if session is None:
            session = self._sessions[host.name] = open_session(host)
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
