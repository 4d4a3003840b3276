"""What a worker looks at before it goes on with a run by somebody's word: a resume, an undo, a confirmation.

The word may be hours old. Whoever gave it has to be an operator still, as whoever starts a run has at the gate; and no
freeze may have begun meanwhile, nor, while nothing is written yet, its window have closed, except under a broken glass,
which then owes a review. An undo goes on in a freeze: it was asked for before.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from changes.history import note
from changes.models import Change
from changes.policy import Action
from changes.services import move
from changes.states import State, StepState
from execution.gate import operator_gone
from execution.leases import Lease, database_now
from execution.models import DO, Run, StepRun
from execution.starting import hold, resume_held, starts_anew, taken_up, went_on

POLL_SECONDS = 60
"""How often a step that waits for a person is looked at without anybody's word."""

TIME_LEFT = timedelta(hours=1)
"""So much of its time a run that is held has left at least, once nothing holds it any more."""

WORDS = {
    State.WAITING: ("confirmed it", "confirm it"),
    State.RUNNING: ("resumed it", "resume it"),
    State.UNDOING: ("had it undone", "undo it"),
}


def may_go_on(run: Run, lease: Lease) -> bool:
    """Whether a running or undoing run goes on; where not, it is put back as it was, with the sentence why."""
    if run.acted_by_id is None and not run.wait_step:
        return True
    with transaction.atomic():
        now = lease.guard()
        if now.wait_step:
            no = _stays(run.change, now) if _parked(run.change, now) else ""
        elif no := _word_fails(run.change, now):
            _put_back(run.change, now, no)
        elif now.acted_by and run.change.state is State.RUNNING:
            what = Action.RUN if starts_anew(run.change) else Action.RESUME
            taken_up(run.change, now.acted_by, what, now.acted_by_id, now.started_by_id)
        if not no:
            Run.objects.filter(pk=run.pk).update(acted_by=None)
    return not no


def held_back(change: Change, run: Run) -> str:
    """Why a run that waits stays parked: whoever started it and whoever confirmed it have it go on."""
    return hold(change, run.started_by_id, run.acted_by_id)


def stay_parked(run: Run) -> None:
    """Looked at again in a while; its deadline does not pass while it is held."""
    now = database_now()
    later = {"next_poll": now + timedelta(seconds=POLL_SECONDS)}
    if run.wait_until and run.wait_until < now + TIME_LEFT:
        later["wait_until"] = now + 2 * TIME_LEFT
    Run.objects.filter(pk=run.pk).update(**later)


def confirmed(change: Change, run: Run) -> bool:
    """Whether somebody said that what it waits for is there, and may still say so; else their word is forgotten."""
    if not run.wait_step or run.confirmed_step != run.wait_step:
        return False
    no = _lapsed(State.WAITING, run)
    if no:
        _refused(change, run, no)
        Run.objects.filter(pk=run.pk).update(confirmed_step="", acted_by=None)
    return not no


def _parked(change: Change, run: Run) -> bool:
    """Whether it still is where it waited for somebody: no worker has gone on with it since. Never one in an outage."""
    if change.state is not State.RUNNING or not change.plan or not change.plan.step(run.wait_step).waits:
        return False
    return StepRun.objects.filter(
        run=run, phase=DO, key=run.wait_step, state=StepState.WAITING, intent_at=None
    ).exists()


def _stays(change: Change, run: Run) -> str:
    """Why it is parked again, and does so; else it goes on, perhaps under a broken glass."""
    no = held_back(change, run)
    if run.confirmed_step and not confirmed(change, run):
        no = no or "Whoever confirmed it may not any more."
    if no:
        stay_parked(run)
        move(change, State.WAITING, None, no)
    else:
        went_on(change, run.acted_by or run.started_by, run.started_by_id, run.acted_by_id)
    return no


def _lapsed(state: State, run: Run) -> str:
    return operator_gone(run.acted_by_id, *WORDS[state]) if run.acted_by_id else ""


def _word_fails(change: Change, run: Run) -> str:
    """Why a resume or an undo does not begin; empty too where it has begun already."""
    resumed = change.state is State.RUNNING and run.acted_by_id is not None
    return _lapsed(change.state, run) or (resume_held(change, run.acted_by_id, run.started_by_id) if resumed else "")


def _put_back(change: Change, run: Run, no: str) -> None:
    _refused(change, run, no)
    Run.objects.filter(pk=run.pk).update(acted_by=None, recheck=False, sentence=no, ended_at=timezone.now())
    move(change, State.UNDO_FAILED if change.state is State.UNDOING else State.FAILED, None, no)


def _refused(change: Change, run: Run, no: str) -> None:
    note(None, "change.gate_refused", change, {"reason": no, "acted_by": run.acted_by_id})
