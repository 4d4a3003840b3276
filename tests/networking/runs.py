"""Runs of bonds and drills as a worker's rows leave them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from changes.models import Change
from changes.plan import Plan
from changes.services import Request, change_create, plan_store
from changes.states import State, StepState
from execution.models import DO, Run, StepRun
from inventory.models import Host
from people.models import User


def under_way(host: Host, rosa: User, olu: User, plan: Plan, params: dict[str, Any], phase: str = DO) -> Run:
    """The run of a planned change, or its undo, that a worker has just begun."""
    change = change_create(rosa, Request(plan.kind, params, host.pk, None, "A faster port.", ""))
    plan_store(change, plan, {})
    Change.objects.filter(pk=change.pk).update(status=State.RUNNING if phase == DO else State.UNDOING)
    change.refresh_from_db()
    return Run.objects.create(
        change=change,
        digest=plan.digest(),
        started_by=olu,
        phase=phase,
        started_at=timezone.now() - timedelta(minutes=1),
    )


def step(run: Run, key: str, position: int, state: StepState = StepState.OK, **found: Any) -> StepRun:
    """One step of it, which has just come into that state."""
    ended = timezone.now() if state is StepState.OK else None
    return StepRun.objects.create(
        run=run, phase=run.phase, key=key, position=position, state=state, found=found, ended_at=ended
    )


def parked(run: Run, key: str, position: int, sentence: str) -> None:
    """A step whose host is out of reach."""
    step(run, key, position, StepState.WAITING)
    until = timezone.now() + timedelta(minutes=4)
    Run.objects.filter(pk=run.pk).update(wait_step=key, wait_prompt=sentence, wait_until=until)
    if run.phase == DO:
        Change.objects.filter(pk=run.change_id).update(status=State.WAITING)
