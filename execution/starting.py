"""Whether time lets a change start at this moment, and whether there is a start ahead at all.

A run that was begun and waits parked may wait for days. Where it goes on to write then, that is a start as well: no
freeze lets it, and while nothing is written yet no closed window does. It stays parked, and is lost to nothing: its
deadline does not pass meanwhile. What waits for its host, under a revert that the host itself will make, is no such
wait: to hold that would be the harm. A resume that no worker took yet is held in the same way.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from audit.models import Entry
from changes.glasses import glass_use, lifts_of, needed
from changes.models import Change
from changes.plan import Plan
from changes.policy import STATES, Action
from changes.slots import frozen_now, slot_lapsed, timed, untimely
from changes.states import HOLDS_HOST, State
from changes.timing import Lift, Timed, held
from execution.leases import database_now
from execution.models import DO, Run, StepRun
from people.models import User

STARTED = (HOLDS_HOST - {State.GATING}) | {State.SUCCEEDED, State.UNDONE, State.CLOSED}
"""States after the start, which no window is asked for (but see `starts`); what the gate saw of it is in the audit."""


def too_soon(change: Change, *triggers: int | None) -> str:
    """Why it may not start at this moment, by the database's clock, if these people start it; empty if it may."""
    now = database_now()
    no = untimely(change, now)
    return no and untimely(change, now, lifts_of(change, triggers, now))


def frozen_for(change: Change, *triggers: int | None, now: datetime | None = None) -> str:
    """Why a freeze stops these people at this moment, unless the glass is broken for them; empty where none does."""
    now = now or database_now()
    no = frozen_now(change, (), now)
    return no and frozen_now(change, lifts_of(change, triggers, now), now)


def going(change: Change) -> list[int]:
    """Who has a change that has begun go on: whoever started it, and whose word of going on is not taken up yet."""
    run = Run.objects.filter(change=change).first() if change.state in STARTED else None
    return [run.started_by_id, *([run.acted_by_id] if run.acted_by_id else [])] if run else []


def acting_on(change: Change) -> list[int]:
    """The same without whoever started it; see `changes.going`."""
    return going(change)[1:]


def starts(change: Change) -> bool:
    """Whether there is a start ahead: also where it broke off or waits with nothing begun that touches the host."""
    if change.state in STATES[Action.RESUME] | STATES[Action.CONFIRM]:
        return starts_anew(change)
    return change.state not in STARTED


def starts_anew(change: Change) -> bool:
    """Whether nothing was begun yet that touches the host; else it would be left half."""
    touching = [step.key for step in change.plan.steps if step.touches] if change.plan else []
    return not StepRun.objects.filter(run__change=change, phase=DO, attempt__gt=0, key__in=touching).exists()


def times_now(change: Change, lifts: Collection[Lift] = ()) -> list[Timed]:
    """The lines on time, while there is a start ahead; of a run that waits, those that can hold it."""
    if change.state is State.WAITING:
        return _lines(change, database_now(), lifts)
    return timed(change, None, lifts) if starts(change) else []


def hold(change: Change, *triggers: int | None, now: datetime | None = None) -> str:
    """Why a run that waits stays parked at this moment, whatever has come, if these have it go on; empty if it may."""
    now = now or database_now()
    no = held(_lines(change, now))
    return no and held(_lines(change, now, lifts_of(change, triggers, now)))


def went_on(change: Change, actor: User, *triggers: int | None, now: datetime) -> None:
    """Note, in the transaction in which a run that waits goes on, what it took the broken glass for, if anything."""
    if held(_lines(change, now)):
        glass_use(change, actor, Action.CONFIRM, now, *triggers)


def needs_slot(change: Change, *triggers: int | None) -> bool:
    """Whether a run that waits goes on in another slot alone: its own is over, and no window says when."""
    now = database_now()
    lines = _lines(change, now, lifts_of(change, triggers, now)) if slot_lapsed(change, now) else []
    return any(line.ok is not True for line in lines[1:])


def resume_held(change: Change, *triggers: int | None, now: datetime) -> str:
    """Why a resume that a worker takes up at this moment does not begin after all; empty if it does."""
    no = held(_standing(change, now))
    return no and held(_standing(change, now, lifts_of(change, triggers, now)))


def taken_up(change: Change, actor: User, what: Action, *triggers: int | None, now: datetime) -> None:
    """Note what going on takes the broken glass for by now, where whoever asked did not need it for that yet."""
    if needed(change, what, now, *triggers) - {Lift.APPROVAL} - _noted(change):
        glass_use(change, actor, what, now, *triggers)


def _noted(change: Change) -> set[Lift]:
    """What the glass was used for since somebody last asked that it goes on."""
    acts = ("change.resume", "change.probe", "change.glass_used")
    lifts: set[Lift] = set()
    for row in Entry.objects.filter(object_kind="change", object_id=str(change.pk), action__in=acts).order_by("-pk"):
        if row.action != "change.glass_used":
            break
        lifts |= set(map(Lift, row.detail["lifts"]))
    return lifts


def _lines(change: Change, now: datetime, lifts: Collection[Lift] = ()) -> list[Timed]:
    run = Run.objects.filter(change=change).first()
    plan = change.plan
    if run is None or plan is None or not writes_after(plan, run.wait_step):
        return []
    return _standing(change, now, lifts)


def _standing(change: Change, now: datetime, lifts: Collection[Lift] = ()) -> list[Timed]:
    lines = timed(change, now, lifts)
    return lines if starts_anew(change) else lines[:1]


def writes_after(plan: Plan, key: str) -> bool:
    """Whether the step waits for a person or a thing, and what follows touches the host."""
    keys = [step.key for step in plan.steps]
    if not key or not plan.step(key).waits:
        return False
    return any(step.touches for step in plan.steps[keys.index(key) :])
