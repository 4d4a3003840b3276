"""The runner's hands: one host, one session that is opened again when it breaks, the detached steps.

Every command is preceded by a look at the lease: a worker that may have lost it sends nothing.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from django.conf import settings

from changes.kinds import ChangeKind, Context, Verdict
from changes.plan import Check, Json, Plan, resolve_references
from execution import failpoints, parting
from execution.going_on import begins_no_more
from execution.leases import Lease, fences
from execution.lines import Lines
from execution.log_ids import also
from execution.models import DO, UNDO, Run, StepRun
from execution.runner import Work, can_stop
from inventory.models import Host
from ssh import detached
from ssh.command import Command
from ssh.facts import Fact, SessionAsk
from ssh.session import HostKeyUnknown, Session, SessionError

log = logging.getLogger(__name__)
T = TypeVar("T")

PAUSES = (1, 2, 5, 10, 15, 30)
"""Seconds between attempts to reach a host again: about a minute in all."""

OUTAGE_PAUSES = (1, 2)
"""The same in a step that may lose the host: it is parked soon, and tried again from there."""

MOMENT = 5.0
"""Seconds for which answers stand for one moment: the verify of a step and the check of the next."""

LISTEN = 1.0
"""Seconds between looks whether somebody wants a step ended at once."""

SOON = 1.0
"""Seconds in which most steps end: their start waits so long for them, instead of asking again."""


def fence_scope() -> str:
    """Which dashboard's fences these are: two that share a host do not refuse one another."""
    return hashlib.sha256(f"fence {settings.SECRET_KEY}".encode()).hexdigest()[:12]


def place() -> detached.Place:
    return detached.Place(settings.HOST_ROOT)


class HostHands:
    """What `runner.Hands` asks for, on real hosts: one session to each that a step speaks of."""

    def __init__(self, run: Run, plan: Plan, kind: ChangeKind, lease: Lease, lines: Lines) -> None:
        self.run, self.plan, self.kind, self.lease, self.lines = run, plan, kind, lease, lines
        self.round: RoundAsk | None = None
        self.ready: dict[str, Session] = {}
        self.first: tuple[detached.Ticket, detached.Chunk] | None = None
        self.host = run.change.host
        self.pauses: tuple[int, ...] = PAUSES
        self.fences = fences(run)
        rows = StepRun.objects.filter(run=run, phase=DO)
        self.seen: dict[str, Mapping[str, Json]] = {row.key: row.found for row in rows if row.found}

    def turn(self, work: Work) -> None:
        """Look to the step's host. One that may lose it is asked over a new connection: the old one proves nothing."""
        also(step=work.key)
        parting.check()
        host = self._host(work.host)
        if host != self.host:
            self.host, self.round = host, None
        self.pauses = OUTAGE_PAUSES if work.outage else PAUSES
        if work.outage:
            self.part()

    def _host(self, name: str) -> Host:
        """The change's own host by the name that the plan has for it: it may have got another since, and some other
        host that one."""
        change = self.run.change
        return change.host if name in ("", self.kind.hosts(change.params)[0]) else Host.objects.get(name=name)

    def part(self) -> None:
        """Give up the session to the present host."""
        self.lines.drop(self.host)

    def judge(self, checks: Sequence[Check]) -> list[Verdict]:
        return self._retry(lambda session: self._judge(session, checks)) if checks else []

    def resolve(self, work: Work) -> Command:
        call = work.command
        if call is None:
            raise ValueError(f"Step {work.key} has no command.")

        def lookup(session: Session) -> Command:
            if self.ready.get(self.host.name) is not session:
                detached.prepare(session, place())
                self.ready[self.host.name] = session
            context = self._context(self.round if self.round and self.round.session is session else RoundAsk(session))
            values = resolve_references(
                call.references(),
                lambda name: [context.run_dir] if name == "run_dir" else self.kind.resolve(name, context),
            )
            return call.resolve(values)

        return self._retry(lookup)

    def start(self, work: Work, attempt: int, command: Command) -> None:
        session, ticket = self.lines.open(self.host), self._ticket(work, attempt)
        self.lease.check()
        self.round = None
        try:
            started = detached.start(session, ticket, command, wait=0 if work.outage else SOON)
        except SessionError:
            self.part()
            raise
        failpoints.reach("after-start", work.key)
        self.first = ticket, started.first

    def bury(self, work: Work, attempt: int) -> detached.Probe:
        self.round = None
        return self._retry(lambda session: detached.bury(session, self._ticket(work, attempt)))

    def probe(self, work: Work, attempt: int) -> detached.Probe:
        """What became of an attempt, by a look alone."""
        return self._retry(lambda session: detached.probe(session, self._ticket(work, attempt)))

    def follow(self, work: Work, attempt: int, offset: int) -> Iterator[detached.Chunk]:
        """The log from `offset` on, through lost connections, until the step is over on the host."""
        ticket = self._ticket(work, attempt)
        known, self.first, self.round = self.first, None, None
        first = known[1] if known and known[0] == ticket and known[1].offset == offset else None
        while True:
            first = first or self._read(ticket, offset)
            session = self._retry(_same)
            try:
                stop = self._stopper(session, work, ticket)
                for chunk in detached.follow(session, ticket, offset, stop=stop, first=first):
                    offset, first = chunk.end, None
                    yield chunk
                self.lease.check()
                parting.check()
                return
            except SessionError as error:
                log.info("following %s: %s", ticket.directory, error)
                first = None
                self.part()

    def _stopper(self, session: Session, work: Work, ticket: detached.Ticket) -> Callable[[], bool]:
        """Whether to follow no longer; a step that may be ended at once is, when somebody asks for it meanwhile."""
        step = self.plan.step(work.key)
        can = self.run.phase == DO and can_stop(work, step.cancel)
        asked = time.monotonic()

        def stop() -> bool:
            nonlocal can, asked
            if can and time.monotonic() - asked > LISTEN:
                asked = time.monotonic()
                if self.cancelled():
                    can = False
                    self.lease.check()
                    detached.stop(session, ticket)
            return self._gone()

        return stop

    def _read(self, ticket: detached.Ticket, offset: int) -> detached.Chunk:
        return self._retry(lambda session: detached.read(session, ticket, offset))

    def found(self, key: str, found: Mapping[str, Json]) -> None:
        if found and self.run.phase == DO:
            self.seen[key] = found

    def cancelled(self) -> bool:
        return Run.objects.filter(pk=self.run.pk, cancel_requested=True).exists()

    def held(self, work: Work) -> str:
        """A host under a revert of its own is never left to it, and an undo was asked for before."""
        guarded = self.run.phase == UNDO or any(step.outage for step in self.plan.steps)
        if guarded or not self.plan.step(work.key).touches:
            return ""
        return begins_no_more(self.run, self.lease)

    def _gone(self) -> bool:
        return parting.asked() or not self.lease.alive

    def _ticket(self, work: Work, attempt: int) -> detached.Ticket:
        step = work.key if self.run.phase == DO else f"{UNDO}-{work.key}"
        fence = self.fences.get(self.host.name, self.run.fence)
        return detached.Ticket(self.run.name, step, attempt, fence, fence_scope(), place())

    def _judge(self, session: Session, checks: Sequence[Check]) -> list[Verdict]:
        """Nothing of ours happened since the last round, and that a moment ago: then it still is that moment."""
        if self.round is None or self.round.session is not session or self.round.age() > MOMENT:
            self.round = RoundAsk(session)
        context = self._context(self.round)
        return [self.kind.judge(check, context) for check in checks]

    def _context(self, ask: RoundAsk) -> Context:
        return Context(ask, self.plan, self.run.directory, self.seen)

    def _retry(self, act: Callable[[Session], T]) -> T:
        """Do what only asks, on a fresh connection each time one breaks. Raises the last SessionError."""
        for pause in (*self.pauses, None):
            self.lease.check()
            try:
                return act(self.lines.open(self.host))
            except HostKeyUnknown:
                raise
            except SessionError as error:
                self.part()
                if pause is None:
                    raise
                log.info("host %s: %s; again in %d s", self.host.name, error, pause)
                self._pause(pause)
        raise AssertionError("unreachable")

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.lease.alive:
            parting.check()
            time.sleep(0.2)


class RoundAsk:
    """Asks each fact once in a round of checks, so that they all judge the same moment."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._began = time.monotonic()
        self._ask = SessionAsk(session)
        self._answers: dict[Fact[object], object] = {}

    def age(self) -> float:
        """Seconds since the first question could have been asked."""
        return time.monotonic() - self._began

    def __call__(self, fact: Fact[T]) -> T:
        if fact not in self._answers:
            self._answers[fact] = self._ask(fact)
        return self._answers[fact]  # type: ignore[return-value]  # stored under its own fact just above


def _same(session: Session) -> Session:
    return session
