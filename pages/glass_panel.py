"""What the change page shows of broken glass: who asked, who stands in, what is owed, and what this person may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from changes.glass import LIFT_WORDS, askable, may_review, may_stand_in
from changes.going import going_by
from changes.models import Change, Glass
from changes.policy import STATES, Action
from changes.states import ACTIVE, State
from changes.timing import Lift
from people.actor import Actor
from people.models import User


@dataclass(frozen=True, slots=True)
class Pane:
    """One glass: its tone and first words; `decides`, `reviews`: this person may; `why_not`: why they may not."""

    glass: Glass
    tone: str
    title: str
    decides: bool = False
    reviews: bool = False
    why_not: str = ""


def glass_panel(change: Change, user: User, actor: Actor, glasses: Sequence[Glass], *, asks: bool) -> dict[str, Any]:
    """The context of `changes/_glass.html` and `changes/_glass_ask.html`."""
    panes = [_pane(change, glass, user, actor) for glass in glasses]
    live = any(pane.tone in ("warn", "bad") and not pane.glass.owes_review for pane in panes)
    lifts = [lift for lift in Lift if lift in askable(change.state)]
    if not live and asks and Lift.READINESS in lifts and not change.barred:
        lifts.remove(Lift.READINESS)
    return {
        "glasses": panes,
        "may_ask_glass": asks and not live,
        "glass_lifts": [(lift.value, LIFT_WORDS[lift]) for lift in lifts],
    }


def _pane(change: Change, glass: Glass, user: User, actor: Actor) -> Pane:
    fits = glass.digest == change.digest and change.state in STATES[Action.GLASS] | ACTIVE | {State.WAITING}
    if glass.decided_at is None:
        if not fits:
            return Pane(glass, "neutral", "The glass was asked for, for another plan")
        may = may_stand_in(actor, change.case(), glass.asked_by_id, user.is_superuser, going_by(change))
        return Pane(glass, "warn", "A second person is asked to break the glass", may.allowed, why_not=may.reason)
    if glass.owes_review:
        may = may_review(actor, glass.parties)
        ended = change.state not in ACTIVE and change.state is not State.WAITING
        why_not = may.reason if ended or not may.allowed else "It can be reviewed once it has ended."
        return Pane(glass, "bad", "The glass was broken, and a review is open", False, may.allowed and ended, why_not)
    if glass.reviewed_at:
        return Pane(glass, "neutral", "The glass was broken, and reviewed")
    if not glass.granted:
        return Pane(glass, "neutral", "The glass was not broken: the second person refused")
    if fits and glass.until and glass.until > timezone.now():
        return Pane(glass, "bad", "The glass is broken")
    return Pane(glass, "neutral", "The glass was broken, and not used")
