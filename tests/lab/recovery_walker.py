"""Walks a recovery plan on a lab host, step by step, with nothing between: a runner small enough to trust.

It does what the engine does with a step (verify, precheck, resolve, run, verify) without database, worker or
detached runner, so that these tests speak of the plan alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from changes.kinds import ChangeKind, Context, Verdict
from changes.plan import Check, Plan, Step, resolve_references
from lab import Host
from recovery.kind import KIND
from ssh.command import Command, Secret
from ssh.facts import SessionAsk
from ssh.hostkeys import parse_public_key
from ssh.paramiko_session import ParamikoSession, Target, connect


class StepFailed(Exception):
    """A step ended with no; the message is its sentence, `key` the step."""

    def __init__(self, key: str, verdict: Verdict) -> None:
        super().__init__(verdict.sentence)
        self.key, self.verdict = key, verdict


def reach(host: Host) -> ParamikoSession:
    """A session to a lab host, its key pinned."""
    key = Secret(host.private_key.read_text())
    pinned = (parse_public_key(host.public_key),)
    return connect(Target(host.name, host.address, host.port, host.user, host_keys=pinned, key_text=key))


class RoundAsk:
    """Asks each fact once; thrown away after each command, and after whatever a person did."""

    def __init__(self, session: ParamikoSession) -> None:
        self.ask, self.answers = SessionAsk(session), dict[Any, Any]()

    def __call__(self, fact: Any) -> Any:
        if fact not in self.answers:
            self.answers[fact] = self.ask(fact)
        return self.answers[fact]


@dataclass
class Walker:
    """One run of a plan: `found` and `log` as the engine would keep them, `done` the finished steps."""

    session: ParamikoSession
    plan: Plan
    run_dir: str = field(default_factory=lambda: f"/var/lib/regroup/test-{uuid.uuid4().hex[:8]}")
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    log: dict[str, str] = field(default_factory=dict)
    kind: ChangeKind = KIND

    def __post_init__(self) -> None:
        self.look_anew()

    def look_anew(self) -> None:
        """Forget what the host has told so far: it may have changed."""
        self.round = RoundAsk(self.session)

    def walk(self, *, upto: str = "", before: Mapping[str, Callable[[], object]] | None = None) -> Walker:
        """Run the steps that are not done; `before[key]()` is called first, as a person would act then."""
        self.session.run(Command(("mkdir", "-p", "-m", "0700", self.run_dir), sudo=True))
        self.look_anew()
        for step in self.plan.steps:
            if before and step.key in before:
                before[step.key]()
                self.look_anew()
            if step.key not in self.done:
                self.step(step)
            if step.key == upto:
                break
        return self

    def step(self, step: Step) -> None:
        if step.command and not step.always_run and not self.first_no(step.key, step.verify):
            self.done.append(step.key)
            return
        refused = self.first_no(step.key, step.precheck)
        if refused:
            raise StepFailed(step.key, refused)
        if step.command:
            self.run(step.key, step.command)
        refused = self.first_no(step.key, step.verify)
        if refused and not (step.wait and not step.command):
            raise StepFailed(step.key, refused)
        self.done.append(step.key)

    def undo(self) -> None:
        """Take the finished steps back, last first."""
        self.look_anew()
        for key in reversed(self.done.copy()):
            undo = self.plan.step(key).undo
            if undo and self.first_no(key, undo.verify, keep=False):
                self.fail(key, undo.precheck)
                if undo.command:
                    self.run(f"undo {key}", undo.command)
                self.fail(key, undo.verify, keep=False)
            self.done.remove(key)

    def fail(self, key: str, checks: tuple[Check, ...], keep: bool = True) -> None:
        refused = self.first_no(key, checks, keep)
        if refused:
            raise StepFailed(key, refused)

    def first_no(self, key: str, checks: tuple[Check, ...], keep: bool = True) -> Verdict | None:
        context = self.context()
        found: dict[str, Any] = {}
        for check in checks:
            verdict = self.kind.judge(check, context)
            self.said[key] = verdict.sentence
            if not verdict.holds:
                return verdict
            found.update(verdict.found)
        if found and keep:
            self.found[key] = found
        return None

    def context(self) -> Context:
        return Context(self.round, self.plan, self.run_dir, dict(self.found))

    def run(self, key: str, call: Any) -> None:
        context = self.context()
        values = resolve_references(call.references(), lambda name: self.kind.resolve(name, context))
        result = self.session.run(call.resolve(values))
        self.look_anew()
        self.log[key] = f"{result.text}{result.error_text}\n(exit code {result.status})"
