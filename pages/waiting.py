"""What waits for a person: changes on which they may take the next step now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

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


def waiting_for(actor: Actor) -> list[Waiting]:
    """Newest first, at most 100; two queries."""
    return list(_matching(actor))[:MOST]


def waiting_count(actor: Actor) -> int:
    return len(waiting_for(actor))


def _matching(actor: Actor) -> Iterator[Waiting]:
    states = {state for action in NEXT for state in STATES[action]}
    rows = changes_seen_by(actor).filter(status__in=states).select_related("host", "vm", "requester", "slot")
    if not actor.may(Role.APPROVER, Role.OPERATOR):
        rows = rows.filter(Q(requester=actor.id) | Q(status=State.IN_REVIEW))
    for change in rows.prefetch_related("approvals").defer("plan_json", "facts", "params")[: MOST * 5]:
        reviewed = change.state is State.IN_REVIEW
        for action, words in NEXT.items():
            if action in REQUESTERS_OWN and actor.id != change.requester_id:
                continue
            if action is Action.APPROVE and not reviewed:
                continue
            if may(action, actor, change.case(change.voters() if reviewed else frozenset())).allowed:
                slot = slot_of(change) if action is Action.RUN else None
                yield Waiting(change, f"{words} in its slot, {slot}" if slot and not slot.missed_at else words)
                break
