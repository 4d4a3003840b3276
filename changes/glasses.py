"""Everything that writes a glass: asking for it, granting it, using it, and the review that is owed afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from changes.approval_rules import Finding
from changes.glass import HOLDS, Broken, lifted, may_review, may_stand_in, useful
from changes.going import going_by
from changes.history import note
from changes.models import Change, Glass
from changes.policies import weighed
from changes.policy import STATES, Action
from changes.rights import changes_seen_by
from changes.services import Denied, Moved, deciding, move, permitted
from changes.signals import glass_moved
from changes.slots import timed
from changes.states import ACTIVE, State
from changes.timing import Lift
from people.actor import Actor
from people.models import User
from people.selectors import actor_of

MOST = 50
GRANT, REVIEW = "glass_grant", "glass_review"
ASKS_FOR: dict[Action, frozenset[Lift]] = {
    Action.RUN: frozenset(Lift),
    Action.CONFIRM: frozenset({Lift.FREEZE, Lift.WINDOW}),
    Action.RESUME: frozenset({Lift.APPROVAL, Lift.FREEZE}),
    Action.PROBE: frozenset({Lift.FREEZE}),
    Action.UNDO: frozenset({Lift.FREEZE}),
}
"""What can stand in the way of each."""
STANDS_IN = "The glass is broken: its second person stands in."


def glass_of(change: Change) -> Glass | None:
    """The one that matters for the plan as it is: asked for, or granted and neither lapsed nor reviewed."""
    now = timezone.now()
    live = Q(decided_at=None) | Q(granted=True, until__gt=now, reviewed_at=None)
    rows = Glass.objects.filter(live, change=change, digest=change.digest)
    return rows.select_related("asked_by", "decided_by", "used_by").first()


def lifts_of(change: Change, triggers: Collection[int | None] = (), now: datetime | None = None) -> frozenset[Lift]:
    """What a broken glass lets pass at this moment, the second person as they are now; mostly nothing."""
    glass = glass_of(change)
    if glass is None or glass.decided_by is None or glass.until is None:
        return frozenset()
    second = glass.decided_by
    asker = actor_of(glass.asked_by)
    broken = Broken(glass.lift_set, glass.digest, asker, actor_of(second), glass.until, second.is_superuser)
    return lifted(broken, change.case(), now or timezone.now(), triggers)


def asked_of(change: Change) -> Glass:
    """The one that waits for a second person. Raises Moved with a sentence where none does."""
    return _one(Glass.objects.filter(change=change, decided_at=None).order_by("-pk"), "waits for a second person")


def owing_of(change: Change) -> Glass:
    """The oldest one that was used and not reviewed. Raises Moved with a sentence where none was."""
    rows = Glass.objects.filter(change=change, used_at__isnull=False, reviewed_at=None)
    return _one(rows.order_by("pk"), "owes a review")


def _one(rows: QuerySet[Glass], what: str) -> Glass:
    found = rows.select_related("asked_by").first()
    if found is None:
        raise Moved(f"No glass of this change {what} any more; look at it again.")
    return found


def stood_in(findings: Iterable[Finding], lifts: Collection[Lift]) -> list[Finding]:
    """The policy's lines, where a second person stands in for what is lacking."""
    if Lift.APPROVAL not in lifts:
        return list(findings)
    return [one if one.ok else replace(one, ok=True, reason=f"{STANDS_IN} {one.reason}", help="") for one in findings]


def needed(change: Change, what: Action, now: datetime, *triggers: int | None) -> frozenset[Lift]:
    """What these need the broken glass for at this moment, of what it lets pass."""
    lifts = lifts_of(change, triggers, now) & ASKS_FOR[what]
    if not lifts:
        return lifts
    freeze, window = timed(change, now)
    approved = all(finding.ok for finding in weighed(change, *triggers))
    lacking = {
        Lift.APPROVAL: not approved,
        Lift.FREEZE: freeze.ok is not True,
        Lift.WINDOW: window.ok is not True,
        Lift.READINESS: Lift.READINESS in lifts and bool(change.barred),
    }
    return frozenset(lift for lift in lifts if lacking[lift])


@deciding
def glass_ask(actor: User, change: Change, lifts: Collection[Lift], reason: str) -> Glass:
    """Ask a second person to break the glass for the present plan. Raises Denied."""
    change = permitted(actor, change, Action.GLASS)
    decision = useful(lifts, change.state)
    if not decision.allowed:
        raise Denied(decision.reason, Action.GLASS, change)
    if not reason.strip():
        raise Denied("Breaking the glass needs a reason: say what cannot wait, and why.", Action.GLASS, change)
    if not change.plan_json:
        raise Denied("There is no plan to break the glass for.", Action.GLASS, change)
    if glass_of(change):
        raise Denied("It was asked for already, for this plan; see below.", Action.GLASS, change)
    asked = {"lifts": sorted(lifts), "reason": reason.strip(), "digest": change.digest}
    glass = Glass.objects.create(change=change, asked_by=actor, **asked)
    note(actor_of(actor), "change.glass_asked", change, asked)
    glass_moved.send(Glass, glass=glass, actor=actor)
    return glass


@deciding
def glass_decide(actor: User, glass: Glass, digest: str, comment: str, *, grant: bool) -> Glass:
    """The second person's word. Granted, it holds for four hours; an approval that is lacking is stood in for.

    Raises Denied, or Moved where the plan is another by now or somebody was quicker.
    """
    change = Change.objects.select_for_update().get(pk=glass.change_id)
    decision = may_stand_in(actor_of(actor), change.case(), glass.asked_by_id, actor.is_superuser, going_by(change))
    if not decision.allowed:
        raise Denied(decision.reason, GRANT, change)
    if change.state not in STATES[Action.GLASS]:
        raise Denied(f"A change that is {change.label.word} needs no broken glass.", GRANT, change)
    if not comment.strip():
        raise Denied("The second person says why, too: what you looked at, or why not.", GRANT, change)
    if digest != change.digest or glass.digest != change.digest:
        raise Moved("The plan has changed since the glass was asked for; it has to be asked for anew.")
    now = timezone.now()
    said = {"decided_by": actor, "decided_at": now, "granted": grant, "comment": comment.strip()}
    until = now + HOLDS if grant else None
    if Glass.objects.filter(pk=glass.pk, decided_at=None).update(**said, until=until) != 1:
        raise Moved("Somebody has decided this already; look at it again.")
    detail = {"lifts": glass.lifts, "comment": comment.strip(), "digest": digest, "asked_by": glass.asked_by.username}
    note(actor_of(actor), "change.glass_granted" if grant else "change.glass_refused", change, detail)
    if grant and Lift.APPROVAL in glass.lift_set and change.state is State.IN_REVIEW:
        move(change, State.APPROVED, actor, f"The glass is broken: {comment.strip()}")
    glass.refresh_from_db()
    return glass


def glass_use(change: Change, actor: User, what: Action, now: datetime, *triggers: int | None) -> None:
    """Note, in the transaction that starts it or goes on, what it took the glass for: from then on a review is owed."""
    took, glass = needed(change, what, now, *triggers), glass_of(change)
    if glass is None or not took:
        return
    if Glass.objects.filter(pk=glass.pk, used_at=None).update(used_at=timezone.now(), used_by=actor):
        glass_moved.send(Glass, glass=Glass.objects.get(pk=glass.pk), actor=actor)
    told = {"lifts": sorted(took), "for": what, "by": actor.username, "reason": glass.reason}
    note(actor_of(actor), "change.glass_used", change, told)


@deciding
def glass_review(actor: User, glass: Glass, text: str) -> Glass:
    """What was done under a broken glass, looked at by somebody who had no part in it. Raises Denied."""
    change = Change.objects.select_for_update().get(pk=glass.change_id)
    decision = may_review(actor_of(actor), glass.parties)
    if not decision.allowed:
        raise Denied(decision.reason, REVIEW, change)
    if not text.strip():
        raise Denied("A review says something: was it right, and what should be different next time.", REVIEW, change)
    if change.state in ACTIVE or change.state is State.WAITING:
        raise Denied("It is still under way; write the review once it has ended.", REVIEW, change)
    said: Mapping[str, Any] = {"review": text.strip(), "reviewed_by": actor, "reviewed_at": timezone.now()}
    if Glass.objects.filter(pk=glass.pk, used_at__isnull=False, reviewed_at=None).update(**said) != 1:
        raise Moved("There is no review to write here any more; look at it again.")
    note(actor_of(actor), "change.glass_reviewed", change, {"review": text.strip()})
    glass.refresh_from_db()
    return glass


def reviews_open(actor: Actor) -> QuerySet[Glass]:
    """Glasses that were used and not reviewed, of changes that this person sees, the oldest first."""
    return _seen(actor, Glass.objects.filter(used_at__isnull=False, reviewed_at=None)).order_by("used_at")


def glasses_open(actor: Actor) -> list[Glass]:
    """Of changes that this person sees: what waits for a second person, for the plan as it is, or for a review."""
    asked = Q(decided_at=None, digest=F("change__digest"), change__status__in=[*map(str, STATES[Action.GLASS])])
    rows = _seen(actor, Glass.objects.filter(asked | Q(used_at__isnull=False, reviewed_at=None)))
    return list(rows.order_by("used_at", "asked_at")[:MOST])


def _seen(actor: Actor, rows: QuerySet[Glass]) -> QuerySet[Glass]:
    if not actor.sees_all:
        rows = rows.filter(change__in=changes_seen_by(actor))
    heavy = ("change__plan_json", "change__facts", "change__params")
    return rows.select_related("change__host", "asked_by", "decided_by", "used_by").defer(*heavy)
