"""Who may do what to a change, as pure rules: the pages, the API and the gate ask the same ones.

Nobody is exempt. A superuser who made a request cannot approve it; whoever presses Run does
not count among the approvers, and neither does the last editor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from changes.approval_rules import ONE_APPROVER, Policy, Vote
from changes.states import State as S
from people.actor import Actor
from people.roles import Role


class Action(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    REPLAN = "replan"
    SLOT = "slot"
    GLASS = "glass"
    RUN = "run"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    RESUME = "resume"
    LOOK = "look"
    CONTINUE = "continue"
    PROBE = "probe"
    SETTLE = "settle"
    UNDO = "undo"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules look at.

    digest  that of the present plan; empty when there is none
    needs   who must approve it, as frozen when it was submitted
    voted   who has approved it, where that was asked for
    """

    state: S
    requester: int
    editor: int
    digest: str = ""
    needs: Policy = ONE_APPROVER
    voted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes, or no with the sentence why."""

    allowed: bool
    reason: str = ""


YES = Decision(True)

STATES: dict[Action, frozenset[S]] = {
    Action.EDIT: frozenset({S.DRAFT, S.REFUSED, S.PLANNED, S.IN_REVIEW}),
    Action.SUBMIT: frozenset({S.PLANNED}),
    Action.WITHDRAW: frozenset({S.DRAFT, S.REFUSED, S.PLANNED, S.IN_REVIEW, S.APPROVED, S.STALE, S.QUEUED, S.BLOCKED}),
    Action.APPROVE: frozenset({S.IN_REVIEW, S.APPROVED, S.BLOCKED, S.FAILED, S.CANCELLED}),
    Action.REJECT: frozenset({S.IN_REVIEW}),
    Action.REPLAN: frozenset({S.STALE, S.REFUSED}),
    Action.SLOT: frozenset(
        {S.DRAFT, S.REFUSED, S.PLANNED, S.IN_REVIEW, S.APPROVED, S.BLOCKED, S.STALE, S.WAITING, S.FAILED, S.CANCELLED}
    ),
    Action.GLASS: frozenset(
        {S.IN_REVIEW, S.APPROVED, S.BLOCKED, S.WAITING, S.FAILED, S.CANCELLED, S.SUCCEEDED, S.UNDO_FAILED}
    ),
    Action.RUN: frozenset({S.APPROVED, S.BLOCKED}),
    Action.CANCEL: frozenset({S.RUNNING, S.WAITING}),
    Action.CONFIRM: frozenset({S.WAITING}),
    Action.RESUME: frozenset({S.FAILED, S.CANCELLED}),
    Action.CONTINUE: frozenset({S.FAILED, S.CANCELLED}),
    Action.LOOK: frozenset({S.UNKNOWN}),
    Action.PROBE: frozenset({S.UNKNOWN}),
    Action.SETTLE: frozenset({S.UNKNOWN}),
    Action.UNDO: frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED, S.UNDO_FAILED}),
    Action.CLOSE: frozenset({S.FAILED, S.CANCELLED, S.UNKNOWN, S.UNDO_FAILED}),
}


def _requester_or_admin(actor: Actor, case: Case) -> Decision:
    if Role.ADMINISTRATOR in actor.roles or (Role.REQUESTER in actor.roles and actor.id == case.requester):
        return YES
    return Decision(False, "Only the requester, or an administrator, may do this.")


def _requester_operator_or_admin(actor: Actor, case: Case) -> Decision:
    """Looking again, or when, changes nothing that was asked; whoever has just attached the disk may do it."""
    return YES if Role.OPERATOR in actor.roles else _requester_or_admin(actor, case)


def _voter(actor: Actor, case: Case) -> Decision:
    if not case.needs.takes(actor):
        return Decision(False, f"Only {case.needs.who()} may decide this.")
    if actor.id == case.requester:
        return Decision(False, "You asked for this change; somebody else must decide it.")
    if actor.id == case.editor:
        return Decision(False, "You were the last to edit this change; somebody else must decide it.")
    if actor.id in case.voted:
        return Decision(False, "You have approved this plan already.")
    return YES


def _operator(actor: Actor, case: Case) -> Decision:
    if Role.OPERATOR not in actor.roles:
        return Decision(False, "Only an operator may do this.")
    return YES


RULES: dict[Action, Callable[[Actor, Case], Decision]] = {
    Action.EDIT: _requester_or_admin,
    Action.SUBMIT: _requester_or_admin,
    Action.WITHDRAW: _requester_or_admin,
    Action.REPLAN: _requester_operator_or_admin,
    Action.SLOT: _requester_operator_or_admin,
    Action.APPROVE: _voter,
    Action.REJECT: _voter,
    **dict.fromkeys(
        (
            Action.GLASS,
            Action.RUN,
            Action.CANCEL,
            Action.CONFIRM,
            Action.RESUME,
            Action.CONTINUE,
            Action.LOOK,
            Action.PROBE,
            Action.SETTLE,
            Action.UNDO,
            Action.CLOSE,
        ),
        _operator,
    ),
}


def may(action: Action, actor: Actor, case: Case) -> Decision:
    """Whether the actor may take the action on the change as it is now."""
    if not actor.active:
        return Decision(False, "This account is switched off.")
    if case.state not in STATES[action]:
        return Decision(False, f"A change that is {case.state.replace('_', ' ')} cannot be acted on this way.")
    return RULES[action](actor, case)


def may_request(actor: Actor) -> Decision:
    """Whether the actor may ask for a new change."""
    if actor.active and Role.REQUESTER in actor.roles:
        return YES
    return Decision(False, "Only a requester may ask for a change.")


def valid_votes(votes: Iterable[Vote], case: Case, trigger: int | None = None) -> list[Vote]:
    """The approvals that count now: for this digest, by people who still may, none of them involved."""
    involved = {case.requester, case.editor, trigger}
    return [
        vote
        for vote in votes
        if vote.digest == case.digest
        and vote.approver.active
        and case.needs.takes(vote.approver)
        and vote.approver.id not in involved
    ]
