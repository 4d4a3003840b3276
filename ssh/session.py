"""What every way of reaching a host offers, and the errors it may raise.

`ParamikoSession` talks to real hosts; `TranscriptSession` answers from a recording, for
tests. Nothing nearer than a Session is ever replaced in a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from ssh.command import Command


@dataclass(frozen=True, slots=True)
class Result:
    """What a host answered: exit status, and both streams as bytes."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def error_text(self) -> str:
        return self.stderr.decode("utf-8", "replace").strip()


class SessionError(Exception):
    """Something between us and the host went wrong; the message is a sentence for a person.

    `sent` tells whether the host may have received the command: False means it certainly
    did not, so asking again is safe.
    """

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class Unreachable(SessionError):
    """No connection: refused, no route, no name, or no answer in time."""


class HostKeyUnknown(SessionError):
    """The host has no trusted key yet; nothing was sent. `fingerprint` is what it showed."""

    def __init__(self, message: str, *, algorithm: str, key: str, fingerprint: str) -> None:
        super().__init__(message)
        self.algorithm, self.key, self.fingerprint = algorithm, key, fingerprint


class HostKeyChanged(HostKeyUnknown):
    """The host showed another key than the trusted one; nothing was sent."""


class AuthenticationRefused(SessionError):
    """The host does not accept our user or key."""


class SudoRefused(SessionError):
    """`sudo -n` said no: no rule for this user, a password wanted, or `requiretty`."""


class CommandTimeout(SessionError):
    """The command did not end in time; the host may still be running it."""


class Session(Protocol):
    """An open way to one host."""

    def run(self, command: Command) -> Result:
        """Run one short command to its end. Raises SessionError; a non-zero status does not raise."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
