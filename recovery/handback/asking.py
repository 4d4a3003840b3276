"""Which recoveries can be handed back, read from the database."""

from __future__ import annotations

from django.db.models import QuerySet

from changes.models import Change
from changes.rights import changes_seen_by
from changes.states import State, StepState
from execution.models import DO, Run, StepRun
from people.actor import Actor
from recovery.handback.planner import KIND
from recovery.handback.wish import NothingToHandBack, Wish, wish_of
from recovery.kind import KIND as RECOVERY

KEPT = (State.SUCCEEDED, State.CLOSED)
"""States in which a recovery's group may stand on its host with no run in charge of it."""


def candidates(actor: Actor) -> QuerySet[Change]:
    """Recoveries that gave a group its new name and are over, newest first; not those handed back already.

    As far as the person sees them.
    """
    named = StepRun.objects.filter(phase=DO, key="restore", state__in=(StepState.OK, StepState.DONE_ALREADY))
    back = Change.objects.filter(kind=KIND, status=State.SUCCEEDED).values_list("params__recovery", flat=True)
    found = changes_seen_by(actor).filter(kind=RECOVERY.key, status__in=KEPT, runs__steps__in=named)
    return found.exclude(pk__in=[number for number in back if number]).distinct().order_by("-pk")


def handed_back(recovery: Change) -> Change | None:
    """The hand back of this recovery that succeeded, if there is one."""
    return Change.objects.filter(kind=KIND, status=State.SUCCEEDED, params__recovery=recovery.pk).first()


def wish_for(change: Change) -> Wish:
    """What handing this recovery back means. Raises NothingToHandBack."""
    if change.kind != RECOVERY.key:
        raise NothingToHandBack(f"Change #{change.number} is no recovery, so there is nothing to hand back.")
    if change.state not in KEPT:
        raise NothingToHandBack(
            f"Recovery #{change.number} is {change.label.word}. Only one that succeeded or was closed is handed back;"
            " otherwise undo it."
        )
    run, plan = Run.objects.filter(change=change).first(), change.plan
    if run is None or plan is None:
        raise NothingToHandBack(f"Recovery #{change.number} was never run, so there is nothing to hand back.")
    found = dict(StepRun.objects.filter(run=run, phase=DO).values_list("key", "found"))
    return wish_of(change.number, plan, found, run.directory)
