"""Walks a guarded plan on a lab host as the engine does, without database or worker: small enough to trust.

Each look is over a connection of its own, each command runs detached, and what is not so yet is looked at again.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from changes.kinds import ChangeKind, Context, Verdict
from changes.plan import Call, Check, Plan, Refusal
from execution.runner import all_of
from lab import Host
from networking.kind import KIND
from ssh import detached
from ssh.facts import SessionAsk
from ssh.session import Session, SessionError
from tests.lab.recovery_walker import RoundAsk, StepFailed, reach

OUTCOME_WITHIN = 420.0
"""Seconds for one step, its outage and the way back included, on a machine that is busy."""


def planned(host: Host, params: Mapping[str, Any], kind: ChangeKind = KIND) -> Plan:
    with reach(host) as session:
        made = kind.plan(params, kind.gather(params, SessionAsk(session)))
    assert not isinstance(made, Refusal), made.reasons
    return made


@dataclass
class BondWalker:
    """One run. `hosts` by name, for steps on a second host; `said` the last sentence of each step."""

    hosts: Mapping[str, Host]
    plan: Plan
    kind: ChangeKind = KIND
    run: str = field(default_factory=lambda: f"w{uuid.uuid4().hex[:8]}")
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def walk(self, before: Mapping[str, Callable[[], object]] | None = None) -> BondWalker:
        """Every step to its end; `before[key]()` is called first, as somebody else would act then."""
        for step in self.plan.steps:
            if before and step.key in before:
                before[step.key]()
            self._step(step.key, step.host, step.command, step.precheck, step.verify)
            self.done.append(step.key)
        return self

    def undo(self) -> BondWalker:
        for step in reversed(self.plan.steps):
            if step.undo and step.key in self.done:
                key = f"undo-{step.key}"
                self._step(key, step.host, step.undo.command, step.undo.precheck, step.undo.verify)
        return self

    def _step(
        self, key: str, host: str, command: Call | None, precheck: tuple[Check, ...], verify: tuple[Check, ...]
    ) -> None:
        ready = self._wait(key, host, precheck) if precheck else None
        if ready and not ready.holds:
            if command and self._judge(host, verify).holds:
                return
            raise StepFailed(key, ready)
        if command:
            self._start(key, host, command)
        end = self._wait(key, host, verify)
        if not end.holds:
            self.found[key] = end.found
            raise StepFailed(key, end)
        self.found[key] = end.found

    def _wait(self, key: str, host: str, checks: tuple[Check, ...]) -> Verdict:
        """The verdict, once it is no longer “not yet” and the host can be asked."""
        deadline = time.monotonic() + OUTCOME_WITHIN
        while True:
            with contextlib.suppress(SessionError):
                verdict = self._judge(host, checks)
                self.said[key] = verdict.sentence
                running = self.started == (key, host) and not verdict.holds and self._runs(key, host)
                if not verdict.not_yet and not running:
                    return verdict
            assert time.monotonic() < deadline, self.said
            time.sleep(1)

    def _judge(self, host: str, checks: tuple[Check, ...]) -> Verdict:
        with self._reached(host) as session:
            context = Context(RoundAsk(session), self.plan, f"/var/lib/regroup/{self.run}", dict(self.found))
            return all_of([self.kind.judge(check, context) for check in checks])

    started: tuple[str, str] = ("", "")

    def _ticket(self, key: str) -> detached.Ticket:
        return detached.Ticket(self.run, key, 1, 1, "walker")

    def _start(self, key: str, host: str, call: Call) -> None:
        self.started = (key, host)
        with self._reached(host) as session:
            detached.prepare(session)
            with contextlib.suppress(SessionError):  # it may have begun, and cut us off
                detached.start(session, self._ticket(key), call.resolve({"run_dir": f"/var/lib/regroup/{self.run}"}))

    def _runs(self, key: str, host: str) -> bool:
        with self._reached(host) as session:
            return not detached.probe(session, self._ticket(key)).state.is_over

    def log(self, key: str, host: str) -> str:
        with self._reached(host) as session:
            return detached.read_log(session, self._ticket(key), 0).decode()

    @contextlib.contextmanager
    def _reached(self, host: str) -> Iterator[Session]:
        with reach(self.hosts[host]) as session:
            yield session
