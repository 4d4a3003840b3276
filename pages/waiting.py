"""What waits for a person: changes on which they may take the next step now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Case as DbCase
from django.db.models import F, Q, When, prefetch_related_objects

from changes.models import Change
from changes.policy import STATES, Action, may
from changes.rights import changes_seen_by
from changes.slots import slot_of
from changes.states import State
from people.actor import Actor
from people.roles import Role

MOST = 100

NEXT: dict[Action, str] = {
    Action.APPROVE: "Read the plan and decide",
    Action.CONFIRM: "Do what it waits for, then confirm",
    Action.RESUME: "Look at the failed step: resume, undo or close",
    Action.PROBE: "Ask the host what became of it",
    Action.RUN: "Run it",
    Action.SUBMIT: "Read your plan and submit it",
    Action.REPLAN: "Plan it again",
}
"""Actions that somebody waits for, and how they are put to whoever may take them; first come, first said."""

REQUESTERS_OWN = (Action.SUBMIT, Action.REPLAN)
"""What waits for its requester alone: an administrator may do it too, but is not waited for."""


@dataclass(frozen=True, slots=True)
class Waiting:
    change: Change
    words: str


def waiting_for(actor: Actor, most: int = MOST) -> tuple[list[Waiting], int]:
    """The newest ones, `most` at most, and how many there are, at most 100; three queries."""
    found = _matching(actor)
    return list(_told(dict(islice(found.items(), most)))), len(found)


def waiting_count(actor: Actor) -> int:
    """At most 100; one query, and one more where there is something to approve."""
    return len(_matching(actor))


def _told(found: dict[int, Action]) -> Iterator[Waiting]:
    """The changes with what is to be done, in the order given."""
    rows = Change.objects.select_related("host", "vm", "requester", "slot").defer("plan_json", "facts", "params")
    changes = rows.in_bulk(found)
    for change, action in ((changes[pk], action) for pk, action in found.items() if pk in changes):
        slot = slot_of(change) if action is Action.RUN else None
        yield Waiting(change, f"{NEXT[action]} in its slot, {slot}" if slot and not slot.missed_at else NEXT[action])


def _matching(actor: Actor) -> dict[int, Action]:
    """Number of each change that waits for the person, and for which act; newest first, at most 100.

    Every page counts them, so no more is read than what the rules look at: the policy only of what is to be approved.
    """
    states = {state for action in NEXT for state in STATES[action]}
    wanted = Q(status__in=states)
    if not actor.may(Role.APPROVER, Role.OPERATOR):
        wanted = (wanted & Q(requester=actor.id)) | Q(status=State.IN_REVIEW)
    asked = When(status=State.IN_REVIEW, then=F("policy"))
    rows = changes_seen_by(actor).filter(wanted).only("status", "requester", "editor", "digest")
    acts = []
    for change in rows.annotate(asked=DbCase(asked, output_field=Change._meta.get_field("policy")))[: MOST * 5]:
        change.policy = change.asked or {}
        if act := _next(actor, change, frozenset()):
            acts.append((change, act))
    to_approve = [change for change, act in acts if act is Action.APPROVE]
    prefetch_related_objects(to_approve, "approvals")
    voted = {change.pk: change.voters() for change in to_approve}
    found = ((change.pk, _next(actor, change, voted.get(change.pk, frozenset()))) for change, _ in acts)
    return dict(islice(((pk, act) for pk, act in found if act), MOST))


def _next(actor: Actor, change: Change, voted: frozenset[int]) -> Action | None:
    """What the person may do next, unless it is for others to do. A vote given already only ever makes it less."""
    case = change.case(voted)
    for action in NEXT:
        if action in REQUESTERS_OWN and actor.id != change.requester_id:
            continue
        if action is Action.APPROVE and change.state is not State.IN_REVIEW:
            continue
        if may(action, actor, case).allowed:
            return action
    return None
