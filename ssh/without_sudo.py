"""For hosts whose login is root already, and for tests on this very machine."""

from __future__ import annotations

from dataclasses import replace

from ssh.command import Command
from ssh.session import Result, Session


class WithoutSudo(Session):
    """A session that runs every command as the login itself."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, command: Command) -> Result:
        return self._session.run(replace(command, sudo=False))

    def close(self) -> None:
        self._session.close()
