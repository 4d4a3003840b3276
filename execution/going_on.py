"""What a worker looks at before it goes on with a run by somebody's word: a resume, an undo, a confirmation.

The word may be hours old. Whoever gave it has to be an operator still, as whoever starts a run has at the gate; and no
freeze may have begun meanwhile, nor, while nothing is written yet, its window have closed, except under a broken glass,
which then owes a review. An undo goes on in a freeze: it was asked for before.

The word is kept until something came of it, so that the next worker looks at it again where one dies in between:

    resume, undo        until the first step of it is begun (`Intent`), it waits, or has ended
    confirmation        until the step that waited has ended, or its command is begun
    probe               until the run has ended or waits; looked at before each step that writes after the unknown one
    cancel while parked the confirmation is forgotten with the wait

Dies a worker before what is stored here, nothing was moved; dies it after, the next one finds it parked, put back or
free to go on, as it was stored: each of these is one transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

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
from execution.starting import frozen_for, hold, resume_held, starts_anew, taken_up, went_on, writes_after

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
        elif now.probing:  # `begins_no_more` looks, once the unknown step is settled
            no = ""
        else:
            no = _by_word(run.change, now)
    return not no


def begins_no_more(run: Run, lease: Lease) -> str:
    """Why no step begins after an unknown one that is settled by now; where one does, perhaps under a broken glass."""
    change = run.change
    with transaction.atomic():
        now, moment = lease.guard(), database_now()
        both = (now.acted_by_id, now.started_by_id)
        if now.acted_by_id and (gone := operator_gone(now.acted_by_id, "had the host asked", "resume it")):
            _refused(change, now, gone)
            return gone
        no = frozen_for(change, *both, now=moment)
        if not no:
            taken_up(change, now.acted_by or now.started_by, Action.PROBE, *both, now=moment)
    return no


def held_back(change: Change, run: Run, now: datetime | None = None) -> str:
    """Why a run that waits stays parked: whoever started it and whoever confirmed it have it go on."""
    return hold(change, run.started_by_id, run.acted_by_id, now=now) or nobody_s(change, run)


def nobody_s(change: Change, run: Run) -> str:
    """Why a run that waits begins to write by nobody's word: whoever started it is gone, and nobody confirmed it."""
    plan = change.plan
    if run.acted_by_id is not None or plan is None or not writes_after(plan, run.wait_step):
        return ""
    return operator_gone(run.started_by_id, "started it", WORDS[State.WAITING][1])


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
        with transaction.atomic():  # somebody else may have confirmed it meanwhile
            mine = Run.objects.filter(pk=run.pk, acted_by=run.acted_by_id)
            if mine.update(confirmed_step="", acted_by=None):
                _refused(change, run, no)
    return not no


def _parked(change: Change, run: Run) -> bool:
    """Whether it still is where it waited for somebody: no worker has gone on with it since. Never one in an outage.

    A worker that died as it looked has left the step being checked; that waits still.
    """
    if change.state is not State.RUNNING or not change.plan or not change.plan.step(run.wait_step).waits:
        return False
    waits = StepRun.objects.filter(
        run=run, phase=DO, key=run.wait_step, state__in=(StepState.WAITING, StepState.CHECKING), intent_at=None
    )
    return bool(waits.update(state=StepState.WAITING))


def _stays(change: Change, run: Run) -> str:
    """Why it is parked again, and does so; else it goes on, perhaps under a broken glass."""
    moment = database_now()
    no = held_back(change, run, moment)
    if run.confirmed_step and not confirmed(change, run):
        no = no or "Whoever confirmed it may not any more."
    if no:
        stay_parked(run)
        move(change, State.WAITING, None, no)
    else:
        went_on(change, run.acted_by or run.started_by, run.started_by_id, run.acted_by_id, now=moment)
    return no


def _lapsed(state: State, run: Run) -> str:
    return operator_gone(run.acted_by_id, *WORDS[state]) if run.acted_by_id else ""


def _by_word(change: Change, run: Run) -> str:
    """Why a resume or an undo does not begin, and puts it back; empty too where it has begun already."""
    moment, both = database_now(), (run.acted_by_id, run.started_by_id)
    resumed = run.acted_by if change.state is State.RUNNING else None
    no = _lapsed(change.state, run) or (resume_held(change, *both, now=moment) if resumed else "")
    if no:
        _put_back(change, run, no)
    elif resumed:
        taken_up(change, resumed, Action.RUN if starts_anew(change) else Action.RESUME, *both, now=moment)
    return no


def _put_back(change: Change, run: Run, no: str) -> None:
    _refused(change, run, no)
    looked = [StepState.CHECKING, StepState.RUNNING, StepState.VERIFYING]  # by a worker that died before it began one
    StepRun.objects.filter(run=run, phase=run.phase, state__in=looked, intent_at=None).update(state=StepState.PENDING)
    Run.objects.filter(pk=run.pk).update(acted_by=None, recheck=False, sentence=no, ended_at=timezone.now())
    move(change, State.UNDO_FAILED if change.state is State.UNDOING else State.FAILED, None, no)


def _refused(change: Change, run: Run, no: str) -> None:
    note(None, "change.gate_refused", change, {"reason": no, "acted_by": run.acted_by_id})
