"""Faults that are put into the engine of a story's workers; `test_mutants.py` says what has to catch each."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

from changes.states import StepState
from config import celery_app
from execution import engine, janitor, runner
from execution.events import Event, Intent, Output
from execution.hands import HostHands
from execution.leases import Lease
from execution.models import Run, StepRun
from execution.recorder import Recorder
from ssh import detached, host_scripts

MUTANTS: dict[str, Callable[[], None]] = {}


def put(name: str) -> None:
    """From now on this process has the fault."""
    MUTANTS[name]()


def mutant(act: Callable[[], None]) -> Callable[[], None]:
    MUTANTS[act.__name__.replace("_", " ")] = act
    return act


@mutant
def the_host_takes_any_fence() -> None:
    true = host_scripts.text_of
    host_scripts.text_of = functools.cache(lambda name: true(name).replace('|| refuse fence "$known"', "|| :"))


@mutant
def every_worker_sends_the_same_fence() -> None:
    true = HostHands._ticket
    HostHands._ticket = lambda *words: dataclasses.replace(true(*words), fence=1)  # type: ignore[method-assign]


@mutant
def the_intent_is_stored_after_the_start() -> None:
    true = engine.walk

    def walk(*words: Any, **more: Any) -> Iterator[Event]:
        late = None
        for event in true(*words, **more):
            if isinstance(event, Intent):
                late = event
                continue
            if late:
                yield late
                late = None
            yield event

    engine.walk = walk  # type: ignore[attr-defined]


@mutant
def the_offset_is_stored_after_its_lines() -> None:
    true, late = Recorder.store, {}

    def store(self: Recorder, event: Event) -> None:
        for key, offset in late.items():
            StepRun.objects.filter(pk=key).update(log_offset=offset)
        late.clear()
        true(self, event)
        if isinstance(event, Output):
            step = self.steps[event.key]
            late[step.pk] = step.log_offset
            StepRun.objects.filter(pk=step.pk).update(log_offset=0)

    Recorder.store = store  # type: ignore[method-assign]


@mutant
def the_offset_is_stored_before_its_lines() -> None:
    true, late = Recorder.store, []

    def store(self: Recorder, event: Event) -> None:
        while late:
            true(self, late.pop())
        if isinstance(event, Output):
            late.append(event)
            StepRun.objects.filter(pk=self.steps[event.key].pk).update(log_offset=event.end)
        else:
            true(self, event)

    Recorder.store = store  # type: ignore[method-assign]


@mutant
def a_lease_never_runs_out() -> None:
    true = engine.claim
    engine.claim = lambda run: None if run.lease_owner else true(run)  # type: ignore[attr-defined]


@mutant
def a_lease_is_everybodys() -> None:
    true = engine.claim

    def claim(run: Run) -> Lease | None:
        Run.objects.filter(pk=run.pk).update(lease_owner="")
        return true(run)

    engine.claim = claim  # type: ignore[attr-defined]
    a_worker_trusts_its_lease()


@mutant
def a_worker_trusts_its_lease() -> None:
    Lease.alive = property(lambda self: True)  # type: ignore[assignment, method-assign]
    Lease.guard = lambda self: Run.objects.select_for_update().get(pk=self.run.pk)  # type: ignore[method-assign]


@mutant
def an_open_intent_is_begun_anew() -> None:
    true = engine._progress

    def progress(run: Run, works: list[runner.Work]) -> dict[str, runner.Progress]:
        made = true(run, works)
        for each in made.values():
            each.open = False
        return made

    engine._progress = progress


@mutant
def nothing_is_buried() -> None:
    def bury(self: HostHands, work: runner.Work, attempt: int) -> detached.Probe:
        return detached.Probe(detached.State.TOMBSTONE, None, "", "", 0, None, None, 0.0)

    HostHands.bury = bury  # type: ignore[method-assign]


@mutant
def the_effect_is_not_asked_for() -> None:
    runner._verify = lambda work, at, probe, hands, probing: runner._end(work, StepState.OK, "It ended.", hands)


@mutant
def the_sweep_finds_nothing() -> None:
    janitor.runs_due = list


@mutant
def hints_are_acknowledged_late() -> None:
    celery_app.conf.task_acks_late = True
    for task in celery_app.tasks.values():
        task.acks_late = True
