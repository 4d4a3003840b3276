"""Ask with a fact: one command and the parser of its answer.

A fact that a plan relies on is parsed strictly: an unknown shape raises `FactError`, which
names the line, and nothing is planned from a guess.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from ssh.command import Command
from ssh.session import Result, Session

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class FactError(Exception):
    """A host answered in a shape that we do not know, or a fact's command failed there."""


class Fact(Protocol[T_co]):
    """A question to a host. `name` is how a recording or a message calls it."""

    @property
    def name(self) -> str: ...

    def command(self) -> Command: ...

    def parse(self, result: Result) -> T_co:
        """The typed answer. Raises FactError when the status or the text is not as expected."""
        ...


class Ask(Protocol):
    """Somebody who can put a fact to a host; `SessionAsk` in life, a recording in tests."""

    def __call__(self, fact: Fact[T]) -> T: ...


class SessionAsk:
    """Asks over a session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __call__(self, fact: Fact[T]) -> T:
        return fact.parse(self.session.run(fact.command()))
