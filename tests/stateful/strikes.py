"""Where a worker is struck: at any event it stores, and before or after any command that it sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from execution.failpoints import Struck
from ssh.command import Command
from ssh.session import HostKeyChanged, Result, Unreachable
from tests.execution.local_session import LocalSession


class Killed(BaseException):
    """SIGKILL, as far as Python can have it: nothing of ours catches it."""


@dataclass
class Strikes:
    """after   points that are still passed before it strikes; None: never
    how     kill · raise (a fault of ours) · lost (that command's answer) · away (all commands from there on)
    between what somebody does while the host is asked for the first time
    """

    after: int | None = None
    how: str = "kill"
    key_changed: bool = False
    commands: int = 0
    between: Callable[[], None] | None = None

    @property
    def calm_now(self) -> bool:
        return self.after is None and not self.key_changed and self.between is None

    def calm(self) -> None:
        self.after, self.how, self.key_changed, self.between = None, "kill", False, None

    def reach(self, place: str, step: str = "") -> None:
        if self._due() and self.how in ("kill", "raise"):
            self.after = None
            raise Killed(place) if self.how == "kill" else Struck(place)

    def open(self, host: object) -> LocalSession:
        if self.key_changed:
            raise HostKeyChanged("Another key.", algorithm="", key="", fingerprint="")
        return Watched(self)

    def _due(self) -> bool:
        if self.after is None:
            return False
        self.after = max(0, self.after - 1)
        return self.after == 0


class Watched(LocalSession):
    def __init__(self, strikes: Strikes) -> None:
        self.strikes = strikes

    def run(self, command: Command) -> Result:
        strikes = self.strikes
        meanwhile, strikes.between = strikes.between, None
        if meanwhile:
            meanwhile()
        strikes.reach("before a command")
        if strikes.how == "away" and strikes.after == 0:
            raise Unreachable("No answer.")
        strikes.commands += 1
        result = super().run(command)
        strikes.reach("after a command")
        if strikes.how == "lost" and strikes.after == 0:
            strikes.after = None
            raise Unreachable("The answer was lost.")
        return result
