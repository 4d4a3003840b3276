"""Breaking the glass: starting outside a window, in a freeze, with too few approvals, or against checks. Pure.

An operator asks, with a reason. A second person grants it, for this very plan and a few hours: an approver who neither
asked for the change, edited it last, asked for the glass nor starts it, and whose account is no superuser's. Whatever
else the gate asks for holds as ever. Once it was used, somebody who had no part in it writes a review.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from changes.policy import STATES, YES, Action, Case, Decision
from changes.states import State
from changes.timing import Lift
from people.actor import Actor
from people.roles import Role

HOLDS = timedelta(hours=4)
"""So long a glass is broken once it is granted."""

LIFT_WORDS: dict[Lift, str] = {
    Lift.WINDOW: "outside its window",
    Lift.FREEZE: "in a freeze",
    Lift.APPROVAL: "with fewer approvals than its policy asks for",
    Lift.READINESS: "although checks say that its host would not come back",
}

AHEAD = frozenset({State.IN_REVIEW, State.APPROVED, State.BLOCKED})
"""Before the start, where anything may be asked for."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A glass that was granted: both people as they are now; `superuser`: the second one's account is one by now."""

    lifts: frozenset[Lift]
    digest: str
    asker: Actor
    second: Actor
    until: datetime
    superuser: bool = False
    reviewed: bool = False


def useful(lifts: Collection[Lift], state: State) -> Decision:
    """Whether that may be asked for in this state of a change."""
    if not lifts:
        return Decision(False, "Say what the glass is to be broken for: a window, a freeze, or the approvals.")
    if set(lifts) <= askable(state):
        return YES
    words = "only a freeze, or its window," if Lift.WINDOW in askable(state) else "only a freeze"
    return Decision(False, f"It has started: {words} can stand in its way now.")


def askable(state: State) -> frozenset[Lift]:
    """What can stand in the way: after the start a freeze; its window and checks, where going on may be a start."""
    if state in AHEAD:
        return frozenset(Lift)
    anew = state in STATES[Action.RESUME] | STATES[Action.CONFIRM]
    return frozenset({Lift.FREEZE, Lift.WINDOW, Lift.READINESS} if anew else {Lift.FREEZE})


def may_stand_in(actor: Actor, case: Case, asked_by: int, superuser: bool, going_by: Collection[int] = ()) -> Decision:
    """Whether this person may be the second one, who grants or refuses it; `going_by`: whose word it goes on by."""
    if not actor.active or Role.APPROVER not in actor.roles:
        return Decision(False, "Only an approver can be the second person.")
    if superuser:
        return Decision(False, "A superuser’s account cannot be the second person; use an account of your own.")
    if actor.id == asked_by:
        return Decision(False, "You asked for it; somebody else must be the second person.")
    if actor.id in (case.requester, case.editor):
        return Decision(False, "You asked for this change, or edited it last; somebody else must be the second person.")
    if actor.id in going_by:
        return Decision(False, "You confirmed it, or had it go on; somebody else must be the second person.")
    return YES


def lifted(broken: Broken, case: Case, now: datetime, triggers: Collection[int | None] = ()) -> frozenset[Lift]:
    """What it lets pass at this moment, once these start the change or go on with it; nothing if it does not hold."""
    asked = broken.asker.may(Role.OPERATOR)
    stands = asked and may_stand_in(broken.second, case, broken.asker.id, broken.superuser).allowed
    own = broken.second.id in triggers
    holds = broken.digest == case.digest and now < broken.until and not broken.reviewed
    return broken.lifts if stands and holds and not own else frozenset()


def may_review(actor: Actor, parties: Collection[int | None]) -> Decision:
    """Whether this person may write the review; `parties`: who asked, who granted, who used it."""
    if not actor.may(Role.APPROVER, Role.OPERATOR, Role.ADMINISTRATOR):
        return Decision(False, "A review takes the role approver, operator or administrator.")
    if actor.id in parties:
        return Decision(False, "You had a part in it; somebody else must write the review.")
    return YES


def words(lifts: Collection[Lift]) -> str:
    """What it is broken for: `outside its window and in a freeze`."""
    return " and ".join(LIFT_WORDS[lift] for lift in Lift if lift in lifts)
