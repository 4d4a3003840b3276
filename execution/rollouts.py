"""Doing a rollout: wave after wave, in the name of whoever started it, and never on past the first that went wrong.

`advance` looks at the database alone and may be called twice, late, or by two at once: it works under the rollout's
row lock, and a part is started by compare-and-swap.
"""

from __future__ import annotations

import logging

from django.db import transaction

from changes.models import Rollout, RolloutPart
from changes.policy import Action, may
from changes.rollout_states import GOING, RolloutState
from changes.rollouts import locked, parts_of, rollout_move
from changes.services import Denied, Moved, deciding
from changes.states import IllegalMove, State
from execution.services import run_request
from people.models import User
from people.roles import Role
from people.selectors import actor_of

log = logging.getLogger(__name__)


@deciding
def rollout_start(actor: User, rollout: Rollout) -> Rollout:
    """Begin with the first wave, or go on with a stopped rollout. Raises Denied."""
    rollout = locked(rollout)
    if not actor_of(actor).may(Role.OPERATOR):
        raise Denied("Only an operator may do this.", Action.RUN, None)
    for part in parts_of(rollout):
        if part.change.state in GOING or part.change.state is State.SUCCEEDED:
            continue
        decision = may(Action.RUN, actor_of(actor), part.change.case())
        if not decision.allowed:
            raise Denied(f"{_named(part)}: {decision.reason}", Action.RUN, None)
        if part.change.state is State.BLOCKED:
            run_request(actor, part.change, in_turn=True)
    Rollout.objects.filter(pk=rollout.pk).update(started_by=actor)
    rollout = rollout_move(rollout, RolloutState.RUNNING, actor, "Started")
    advance(rollout.pk)
    rollout.refresh_from_db()
    return rollout


@deciding
def rollout_close(actor: User, rollout: Rollout, reason: str) -> Rollout:
    """End a stopped rollout as it is; the changes that were not begun stay approved, each for itself."""
    rollout = locked(rollout)
    if not reason.strip():
        raise Denied("Closing needs a reason: say what becomes of the hosts that are left.", Action.CLOSE, None)
    if not actor_of(actor).may(Role.OPERATOR):
        raise Denied("Only an operator may close a rollout.", Action.CLOSE, None)
    return rollout_move(rollout, RolloutState.CLOSED, actor, reason.strip())


def advance_all() -> None:
    """Every rollout that is under way; one that breaks does not hold up the others."""
    for number in Rollout.objects.filter(status=RolloutState.RUNNING).values_list("pk", flat=True):
        try:
            advance(number)
        except Exception:
            log.exception("rollout %d", number)


@transaction.atomic
def advance(number: int) -> None:
    """Start the next wave when the one before it succeeded whole; stop at the first part that ended otherwise."""
    rollout = Rollout.objects.select_for_update().get(pk=number)
    if rollout.state is not RolloutState.RUNNING:
        return
    parts = parts_of(rollout)
    left = [part for part in parts if part.change.state is not State.SUCCEEDED]
    if not left:
        rollout_move(rollout, RolloutState.SUCCEEDED, None, f"All {len(parts)} changes succeeded")
        return
    broken = [part for part in left if part.change.state not in (*GOING, State.APPROVED)]
    if broken:
        rollout_move(rollout, RolloutState.STOPPED, None, _why(broken[0]))
        return
    for part in left:
        if part.wave == left[0].wave and part.change.state is State.APPROVED:
            said = _start(rollout, part)
            if said:
                rollout_move(rollout, RolloutState.STOPPED, None, said)
                return


def _start(rollout: Rollout, part: RolloutPart) -> str:
    """Queue one part; the sentence why not, where it cannot be."""
    if rollout.started_by is None:
        return "Nobody is known to have started it."
    try:
        with transaction.atomic():
            run_request(rollout.started_by, part.change, in_turn=True)
    except (Denied, Moved, IllegalMove) as no:
        return f"{_named(part)} could not be started: {no}"
    return ""


def _why(part: RolloutPart) -> str:
    """Why it stopped, for a person."""
    last = part.change.transitions.last()
    reason = f" {last.reason}" if last and last.reason else ""
    return f"{_named(part)} is {part.change.label.word}.{reason}"


def _named(part: RolloutPart) -> str:
    return f"#{part.change_id} on {part.change.host.name}"
