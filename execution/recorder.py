"""Turns events into rows: each event in one transaction that proves the lease first.

The log offset and the lines it stands for commit together, so a crash neither loses nor
doubles a line. A line that is not complete yet stays on the host until it is.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import singledispatchmethod

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.text import storable
from changes.kinds import followed
from changes.services import locks_release, move
from changes.states import State, StepState
from execution import events, logs
from execution.leases import Lease, database_now, host_locks
from execution.models import DO, UNDO, LogChunk, Run, StepRun

UNDER_WAY = (StepState.RUNNING, StepState.VERIFYING)
LINE_LIMIT = 65_536
"""Bytes without a line end after which a line is cut in two."""

UNDO_OUTCOME = {State.SUCCEEDED: State.UNDONE, State.FAILED: State.UNDO_FAILED, State.UNKNOWN: State.UNKNOWN}

CUT_HERE = (
    "cut: the log keeps {limit:,} lines of a step's output (REGROUP_LOG_STEP_LINES), and leaves out what follows; "
    "the step goes on"
)


def cut_at_the_end(step: StepRun, run: Run) -> str:
    """How much was left out, and where all of it is."""
    name = step.key if step.phase == DO else f"{UNDO}-{step.key}"
    where = f"{run.directory}/{name}.{step.attempt}/log"
    return f"cut: {step.log_cut:,} lines were left out of this log; the host has the whole output in {where}"


def too_late(event: events.Parked, step: StepRun, now: datetime) -> str:
    """What it is to wait in vain: what the step itself says of that, around since when and how its host was asked."""
    if not event.told:
        return f"The time to wait for it is over. {event.prompt}"
    head, _, rest = event.told.partition("\n\n")
    since = step.intent_at or step.started_at or now
    tried = (
        f"It was begun {since:%Y-%m-%d at %H:%M:%S} UTC, and its host asked over a new connection every {event.poll} s"
        f" until {now:%H:%M:%S} UTC. The last that was known: {event.prompt} The step's log has the last answer."
    )
    return "\n\n".join(filter(None, (head, tried, rest)))


def plain(event: events.Event) -> events.Event:
    """Sentences may quote what a guest or a host wrote; as any database takes them."""
    texts = {each.name: value for each in fields(event) if isinstance(value := getattr(event, each.name), str)}
    odd = {name: kept for name, value in texts.items() if (kept := storable(value)) != value}
    return replace(event, **odd) if odd else event


class Recorder:
    """Stores the events of one walk over one run."""

    def __init__(self, lease: Lease) -> None:
        self.lease, self.run = lease, lease.run
        rows = StepRun.objects.filter(run=self.run, phase=self.run.phase)
        self.steps = {row.key: row for row in rows}
        self.remainder = b""

    def store(self, event: events.Event) -> None:
        """Write one event. Raises LeaseLost, with nothing written, when the run is not ours."""
        with transaction.atomic():
            self.run = self.lease.guard()
            self._store(plain(event))

    def broke(self, error: Exception) -> None:
        """Regroup itself failed in the middle of a step: errored, or unknown where the host had been told."""
        sentence = f"Regroup itself failed here ({type(error).__name__}: {error}); the worker's log says where."
        begun = [s for s in self.steps.values() if s.state in (StepState.CHECKING, *UNDER_WAY)]
        for step in begun:
            state = StepState.UNKNOWN if step.intent_at else StepState.ERRORED
            self.store(events.Ended(step.key, state, sentence))
        unknown = any(step.state == StepState.UNKNOWN for step in begun)
        self.store(events.Finished(State.UNKNOWN if unknown else State.FAILED, sentence))

    @singledispatchmethod
    def _store(self, event: object) -> None:
        raise TypeError(f"The recorder knows no event {event!r}.")

    @_store.register
    def _(self, event: events.Entered) -> None:
        step = self.steps[event.key]
        step.state = event.state
        step.started_at = step.started_at or timezone.now()
        step.ended_at = None
        step.save(update_fields=["state", "started_at", "ended_at"])

    @_store.register
    def _(self, event: events.Said) -> None:
        self._append(self.steps[event.key], [event.text], LogChunk.NOTE)

    @_store.register
    def _(self, event: events.Intent) -> None:
        step = self.steps[event.key]
        step.attempt, step.intent_at, step.log_offset = event.attempt, timezone.now(), 0
        step.log_kept = step.log_cut = 0
        step.exit_code, step.state, step.said = None, StepState.RUNNING, ""
        step.save()
        self._word_is_taken()
        self.remainder = b""

    @_store.register
    def _(self, event: events.Output) -> None:
        """Lines up to the last line end; all of it when nothing more will come."""
        step = self.steps[event.key]
        start = event.end - len(event.data)
        held = self.remainder if start == step.log_offset + len(self.remainder) else b""
        data = held + event.data
        whole = data.rfind(b"\n") + 1
        if event.final or len(data) - whole > LINE_LIMIT:
            whole = len(data)
        self.remainder = data[whole:]
        step.log_offset = event.end - len(self.remainder)
        lines = data[:whole].decode("utf-8", "replace").split("\n")
        self._keep(step, lines if lines[-1] else lines[:-1])
        if event.final and step.log_cut:
            self._append(step, [cut_at_the_end(step, self.run)], LogChunk.NOTE)
        step.save(update_fields=["log_offset", "log_kept", "log_cut"])

    @_store.register
    def _(self, event: events.Exited) -> None:
        step = self.steps[event.key]
        step.exit_code = event.code
        step.save(update_fields=["exit_code"])

    @_store.register
    def _(self, event: events.Ended) -> None:
        step = self.steps[event.key]
        step.state, step.sentence, step.ended_at = event.state, event.sentence, timezone.now()
        if event.state is not StepState.UNKNOWN:
            step.intent_at = None
        elif step.said:  # it was closed by a person's word, and is in doubt again
            step.intent_at = timezone.now()
        step.said = ""
        if event.found:
            step.found = dict(event.found)
        step.save()
        told = f"{step.label.word}: {event.sentence}".splitlines()
        self._append(step, [line for line in told if line], LogChunk.NOTE)
        if self.run.wait_step == event.key:
            self._forget_wait()
        if self.run.phase == UNDO and event.state in (StepState.OK, StepState.DONE_ALREADY):
            StepRun.objects.filter(run=self.run, phase=DO, key=event.key).update(state=StepState.UNDONE)

    @_store.register
    def _(self, event: events.Parked) -> None:
        now, run, step = database_now(), self.run, self.steps[event.key]
        if run.wait_step == event.key and run.wait_until and run.wait_until <= now:
            told, ends = too_late(event, step, now), event.late is StepState.UNKNOWN
            self._store(events.Ended(event.key, event.late, told))
            self._store(events.Finished(State.UNKNOWN if ends else State.FAILED, told.partition("\n\n")[0]))
            return
        step.state, step.sentence = StepState.WAITING, event.prompt
        step.intent_at = step.intent_at if event.open else None
        step.save(update_fields=["state", "sentence", "intent_at"])
        if run.wait_step != event.key:
            run.wait_until = now + timedelta(seconds=event.deadline)
            self._append(step, [f"waiting: {event.prompt}"], LogChunk.NOTE)
        run.wait_step, run.wait_prompt = event.key, event.prompt
        run.next_poll, run.confirmed_step, run.acted_by = now + timedelta(seconds=event.poll), "", None
        run.probing = run.probing and event.open
        waits = ["wait_step", "wait_prompt", "wait_until", "next_poll", "confirmed_step"]
        run.save(update_fields=[*waits, "acted_by", "probing"])
        if run.phase == DO:  # an undo that is parked goes on being one: only the run knows that it waits
            move(run.change, State.WAITING, None, event.prompt)

    @_store.register
    def _(self, event: events.Finished) -> None:
        run, change = self.run, self.run.change
        new = UNDO_OUTCOME.get(event.state, State.UNDO_FAILED) if run.phase == UNDO else event.state
        run.sentence, run.ended_at, run.recheck, run.probing = event.sentence, timezone.now(), False, False
        run.cancel_requested, run.acted_by = False, None
        run.log_complete = new in (State.SUCCEEDED, State.UNDONE)
        run.save()
        if run.wait_step:  # cancelled after somebody had confirmed it, and before the host was asked
            StepRun.objects.filter(run=run, phase=run.phase, state=StepState.WAITING).update(state=StepState.PENDING)
            self._forget_wait()
        move(change, new, None, event.sentence)
        if new is State.UNDONE:
            locks_release(change)
        elif new is State.SUCCEEDED:
            ends_another = followed(change.kind, change.params) is not None
            locks_release(change, None if ends_another else host_locks(run))

    def _forget_wait(self) -> None:
        run = self.run
        run.wait_step = run.wait_prompt = run.confirmed_step = ""
        run.wait_until = run.next_poll = None
        run.save(update_fields=["wait_step", "wait_prompt", "wait_until", "next_poll", "confirmed_step"])
        self._word_is_taken()

    def _word_is_taken(self) -> None:
        """What somebody said has begun; who had an unknown step asked about is asked for before each after it."""
        if self.run.acted_by_id and not self.run.probing:
            self.run.acted_by = None
            self.run.save(update_fields=["acted_by"])

    def _keep(self, step: StepRun, lines: list[str]) -> None:
        """What the host wrote, as far as the limit for a step goes; where it is met, the log says so."""
        limit = settings.LOG_STEP_LINES
        room = max(0, limit - step.log_kept) if limit else len(lines)
        kept, cut = lines[:room], len(lines) - room
        self._append(step, kept, LogChunk.OUT)
        if cut > 0 and not step.log_cut:
            self._append(step, [CUT_HERE.format(limit=limit)], LogChunk.NOTE)
        step.log_kept += len(kept)
        step.log_cut += max(0, cut)

    def _append(self, step: StepRun, lines: list[str], stream: str) -> None:
        logs.append(self.run, step, lines, stream)
