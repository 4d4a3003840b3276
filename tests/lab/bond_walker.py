"""Walks a guarded plan on a lab host as the engine does, without database or worker: small enough to trust.

Each command runs detached, and what is not so yet is looked at again. A step that may lose the host is begun and
looked at each time over a connection of its own; the others share one, since a login costs more than what is asked.
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
from execution.hands import SOON
from execution.runner import all_of
from lab import Host
from networking.kind import KIND
from ssh import detached
from ssh.facts import FactError, SessionAsk
from ssh.paramiko_session import ParamikoSession
from ssh.session import SessionError
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
    """One run. `hosts` by name, for steps on a second host; of each step `said` its last sentence, `took` its seconds.

    `over` is whether the last command that was started has ended, as far as is known.
    """

    hosts: Mapping[str, Host]
    plan: Plan
    kind: ChangeKind = KIND
    run: str = field(default_factory=lambda: f"w{uuid.uuid4().hex[:8]}")
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    took: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, ParamikoSession] = field(default_factory=dict)
    prepared: set[str] = field(default_factory=set)
    outage: bool = False
    over: bool = True

    def walk(self, before: Mapping[str, Callable[[], object]] | None = None) -> BondWalker:
        """Every step to its end; `before[key]()` is called first, as somebody else would act then."""
        with self:
            for step in self.plan.steps:
                if before and step.key in before:
                    before[step.key]()
                self._step(step.key, step.host, step.command, step.precheck, step.verify, step.outage)
                self.done.append(step.key)
        return self

    def undo(self) -> BondWalker:
        with self:
            for step in reversed(self.plan.steps):
                if step.undo and step.key in self.done:
                    undo = step.undo
                    self._step(f"undo-{step.key}", step.host, undo.command, undo.precheck, undo.verify, undo.outage)
        return self

    def __enter__(self) -> BondWalker:
        return self

    def __exit__(self, *error: object) -> None:
        for host in [*self.sessions]:
            self._part(host)

    def _step(
        self,
        key: str,
        host: str,
        command: Call | None,
        precheck: tuple[Check, ...],
        verify: tuple[Check, ...],
        outage: int = 0,
    ) -> None:
        begun, self.outage = time.monotonic(), outage > 0
        if self.outage:
            self._part(host)
        try:
            self._go(key, host, command, precheck, verify)
        finally:
            self.took[key] = round(time.monotonic() - begun)

    def _go(
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
        self.found[key] = end.found
        if not end.holds:
            raise StepFailed(key, end)

    def _wait(self, key: str, host: str, checks: tuple[Check, ...]) -> Verdict:
        """The verdict, once it is no longer “not yet” and the host can be asked."""
        deadline = time.monotonic() + OUTCOME_WITHIN
        while True:
            try:
                self.over = self.over or not self._runs(key, host)  # before the look, or that may be older
                verdict = self._judge(host, checks)
                self.said[key] = verdict.sentence
                if verdict.holds or (self.over and not verdict.not_yet):
                    self.over = True
                    return verdict
            except (SessionError, FactError) as error:
                self.said[key] = str(error)
            if self.outage:
                self._part(host)
            assert time.monotonic() < deadline, self.said
            time.sleep(1)

    def _judge(self, host: str, checks: tuple[Check, ...]) -> Verdict:
        with self._reached(host) as session:
            context = Context(RoundAsk(session), self.plan, f"/var/lib/regroup/{self.run}", dict(self.found))
            return all_of([self.kind.judge(check, context) for check in checks])

    def _ticket(self, key: str) -> detached.Ticket:
        return detached.Ticket(self.run, key, 1, 1, "walker")

    def _start(self, key: str, host: str, call: Call) -> None:
        self.over = False
        command = call.resolve({"run_dir": f"/var/lib/regroup/{self.run}"})
        with self._reached(host) as session:
            if host not in self.prepared:
                detached.prepare(session)
                self.prepared.add(host)
            with contextlib.suppress(SessionError):  # it may have begun, and cut us off
                started = detached.start(session, self._ticket(key), command, wait=0 if self.outage else SOON)
                self.over = started.first.probe.state.is_over
        if self.outage:
            self._part(host)

    def _runs(self, key: str, host: str) -> bool:
        with self._reached(host) as session:
            return not detached.probe(session, self._ticket(key)).state.is_over

    def log(self, key: str, host: str) -> str:
        with reach(self.hosts[host]) as session:
            return detached.read_log(session, self._ticket(key), 0).decode()

    @contextlib.contextmanager
    def _reached(self, host: str) -> Iterator[ParamikoSession]:
        if host not in self.sessions:
            self.sessions[host] = reach(self.hosts[host])
        try:
            yield self.sessions[host]
        except SessionError:
            self._part(host)
            raise

    def _part(self, host: str) -> None:
        if host in self.sessions:
            self.sessions.pop(host).close()
