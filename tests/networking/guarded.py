"""One guarded change on some host, driven by hand: the scripts themselves, with no engine between."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from changes.plan import Call
from networking.backends.protocol import Written
from networking.facts.guard import AskGuard, GuardState
from networking.guard import Guard
from ssh.facts import SessionAsk
from ssh.session import Session


@dataclass
class Guarded:
    session: Session
    root: str = "/var/lib/regroup"
    seconds: int = 60
    run: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}")

    @property
    def guard(self) -> Guard:
        return Guard(f"{self.root}/{self.run}/guard", self.seconds)

    def do(self, call: Call) -> tuple[int, str]:
        done = self.session.run(call.resolve({}))
        return done.status, done.text + done.error_text

    def ok(self, call: Call) -> str:
        status, said = self.do(call)
        assert status == 0, said
        return said

    def look(self) -> GuardState:
        return SessionAsk(self.session)(AskGuard(self.guard.directory))

    def saved(self, before: Mapping[str, str | None], **scripts: str) -> Guarded:
        """The snapshot is taken; `reload` and `kernel` are the texts of those scripts."""
        parts = {"reload.sh": "echo reloaded\n", "kernel.sh": "exit 0\n"}
        self.ok(self.guard.snapshot(before, parts | {f"{name}.sh": text for name, text in scripts.items()}))
        return self

    def armed(self, method: str = "auto") -> Guarded:
        self.ok(self.guard.arm(method))
        return self

    def applied(self, files: Mapping[str, str | None], text: str) -> tuple[int, str]:
        return self.do(self.guard.apply([Written(path, text, "0640") for path, text in files.items()], text))

    def revert(self, how: str) -> None:
        directory = self.guard.directory
        self.do(Call(("sh", f"{directory}/revert.sh", directory, how)))

    def until(self, holds: Callable[[GuardState], object], within: float = 90) -> GuardState:
        end = time.monotonic() + within
        while not holds(state := self.look()):
            assert time.monotonic() < end, state
            time.sleep(0.3)
        return state
