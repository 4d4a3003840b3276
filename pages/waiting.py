"""What waits for a person: changes on which they may take the next step now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from changes.models import Change
from changes.policy import STATES, Action, may
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
    """Newest first, at most 100; one query."""
    return list(_matching(actor))[:MOST]


def waiting_count(actor: Actor) -> int:
    return len(waiting_for(actor))


def _matching(actor: Actor) -> Iterator[Waiting]:
    states = {state for action in NEXT for state in STATES[action]}
    rows = Change.objects.filter(status__in=states).select_related("host", "vm", "requester")
    if not actor.may(Role.APPROVER, Role.OPERATOR):
        rows = rows.filter(requester=actor.id)
    for change in rows.defer("plan_json", "facts", "params")[: MOST * 5]:
        for action, words in NEXT.items():
            if action in REQUESTERS_OWN and actor.id != change.requester_id:
                continue
            if may(action, actor, change.case()).allowed:
                yield Waiting(change, words)
                break
