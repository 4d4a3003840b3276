"""Everything that writes a change. Each act asks the policy, moves by compare-and-swap, and is audited."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import transaction
from django.utils import timezone

from changes.approval_rules import NO_POLICY_HELP, NOBODY
from changes.history import note
from changes.kinds import elsewhere, followed, kind_of, run_ended
from changes.models import Approval, Change, Decider, Lock, Transition
from changes.plan import Plan, Refusal
from changes.policies import policy_for, weighed
from changes.policy import Action, may, may_request
from changes.rights import may_ask_for
from changes.signals import moved
from changes.states import LABELS, ON_THE_HOST, State, check_move
from people.models import User
from people.selectors import actor_of

NO_SUCH_MACHINE = (
    "The request names a machine that is not there, or not yours. Choose one that the list of hosts shows."
)


class Denied(Exception):
    """The actor may not; the message is the sentence. `change` is None for a new request."""

    def __init__(self, reason: str, action: str, change: Change | None) -> None:
        super().__init__(reason)
        self.action, self.change = action, change


class Moved(Exception):
    """Somebody else moved the change in between; the message is the sentence."""


class LockHeld(Exception):
    """Another change holds what this one needs; `holder` is its number."""

    def __init__(self, key: str, holder: int) -> None:
        super().__init__(f"Change #{holder} holds {key.partition(':')[2]}; it has to end or be undone first.")
        self.holder = holder


P = ParamSpec("P")
R = TypeVar("R")


def deciding(act: Callable[Concatenate[User, P], R]) -> Callable[Concatenate[User, P], R]:
    """One transaction round an act; a denial rolls it back and is audited in one of its own."""

    @wraps(act)
    def decided(actor: User, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with transaction.atomic():
                return act(actor, *args, **kwargs)
        except Denied as no:
            note(actor_of(actor), "change.denied", no.change, {"action": no.action, "reason": str(no)})
            raise

    return decided


@dataclass(frozen=True, slots=True)
class Request:
    """What a form or the API asks for, checked by the kind already."""

    kind: str
    params: Mapping[str, Any]
    host_id: int
    vm_id: int | None
    reason: str
    ticket: str = ""


@deciding
def change_create(actor: User, request: Request) -> Change:
    """A new draft, waiting to be planned. Raises Denied."""
    decision = may_request(actor_of(actor))
    if not decision.allowed:
        raise Denied(decision.reason, "request", None)
    _check_machines(actor, request)
    change = Change.objects.create(
        kind=request.kind,
        params=dict(request.params),
        title=kind_of(request.kind).summary(request.params)[:200],
        reason=request.reason,
        ticket=request.ticket,
        host_id=request.host_id,
        vm_id=request.vm_id,
        requester=actor,
        editor=actor,
        planning=True,
    )
    note(actor_of(actor), "change.requested", change, {"kind": change.kind, "title": change.title})
    return change


@deciding
def change_edit(actor: User, change: Change, request: Request) -> Change:
    """New parameters: back to draft, to be planned again; older approvals name another digest."""
    change = permitted(actor, change, Action.EDIT)
    _check_machines(actor, request)
    if change.state is not State.DRAFT:
        move(change, State.DRAFT, actor, "Edited")
    Change.objects.filter(pk=change.pk).update(
        params=dict(request.params),
        title=kind_of(change.kind).summary(request.params)[:200],
        reason=request.reason,
        ticket=request.ticket,
        host_id=request.host_id,
        vm_id=request.vm_id,
        editor=actor,
        planning=True,
        plan_json="",
        digest="",
        refusal=[],
    )
    note(actor_of(actor), "change.edited", change, {})
    change.refresh_from_db()
    return change


def _check_machines(actor: User, request: Request) -> None:
    """Raises Denied where the request names a machine that the actor does not see: it says no more than of none."""
    names = set(kind_of(request.kind).hosts(request.params))
    if lacks := elsewhere(request.kind, request.params):
        names.add(lacks.host)
    if not may_ask_for(actor_of(actor), request.host_id, request.vm_id, names):
        raise Denied(NO_SUCH_MACHINE, "request", None)


@transaction.atomic
def plan_store(
    change: Change, outcome: Plan | Refusal, facts: Mapping[str, Any], params: Mapping[str, Any] | None = None
) -> Change:
    """The planner's answer for a draft or stale change. A late answer, for another state or request, is dropped.

    `params` is the request as it was planned, where something was read for it; it stands in the change from now on.
    """
    planned, change = change, Change.objects.select_for_update().get(pk=change.pk)
    if change.state not in (State.DRAFT, State.STALE) or not change.planning:
        return change
    if json.dumps(planned.params, sort_keys=True) != json.dumps(change.params, sort_keys=True):
        return change
    if isinstance(outcome, Refusal):
        text, digest, refusal, new = "", "", list(outcome.reasons), State.REFUSED
        if change.state is State.STALE:
            new = State.STALE
    else:
        text, digest, refusal, new = outcome.to_json(), outcome.digest(), [], State.PLANNED
    Change.objects.filter(pk=change.pk).update(
        plan_json=text,
        digest=digest,
        refusal=refusal,
        facts=dict(facts),
        facts_at=timezone.now(),
        planning=False,
        params=dict(params if params is not None else change.params),
    )
    if new is not change.state:
        move(change, new, None, refusal[0] if refusal else "Planned from live facts")
    change.refresh_from_db()
    return change


@deciding
def change_submit(actor: User, change: Change) -> Change:
    """Ask for approval: who must give it is frozen from now on. Raises Denied, also where no policy says who."""
    change = permitted(actor, change, Action.SUBMIT)
    needs = policy_for(change)
    if not needs.rules:
        raise Denied(f"{NOBODY} {NO_POLICY_HELP}", Action.SUBMIT, change)
    Change.objects.filter(pk=change.pk).update(policy=needs.to_json())
    change.policy = needs.to_json()
    change.deciders.all().delete()
    Decider.objects.bulk_create(
        [
            *(
                Decider(change=change, user_id=user)
                for user in sorted({one for rule in needs.rules for one in rule.named})
            ),
            *(Decider(change=change, role=role) for role in sorted(needs.roles)),
        ]
    )
    note(actor_of(actor), "change.policy", change, {"rules": [rule.name for rule in needs.rules]})
    return move(change, State.IN_REVIEW, actor, "Submitted for approval")


@deciding
def change_approve(actor: User, change: Change, digest: str, comment: str) -> Change:
    """One person's yes to one digest; with the last one that its policy asks for, the change is approved.

    Raises Denied, or Moved when the plan is another by now.
    """
    change = permitted(actor, change, Action.APPROVE)
    if digest != change.digest:
        raise Moved("The plan has changed since you read it; read it again before you approve.")
    if change.needs.wants_comment and not comment.strip():
        raise Denied("An approval needs a comment: say what you looked at.", Action.APPROVE, change)
    said = {"approver": actor, "decision": Approval.APPROVED, "digest": digest}
    again = change.approvals.filter(**said).count()
    Approval.objects.create(change=change, comment=comment.strip(), again=again, **said)
    findings = weighed(change)
    left = [finding.title for finding in findings if not finding.ok]
    note(actor_of(actor), "change.approved", change, {"digest": digest, "comment": comment.strip(), "left": left})
    if change.state is not State.IN_REVIEW or left:
        return change
    return move(change, State.APPROVED, actor, comment.strip())


@deciding
def change_reject(actor: User, change: Change, comment: str) -> Change:
    change = permitted(actor, change, Action.REJECT)
    if not comment.strip():
        raise Denied("A rejection needs a comment: say what should be different.", Action.REJECT, change)
    Approval.objects.create(
        change=change,
        approver=actor,
        decision=Approval.REJECTED,
        digest=change.digest,
        comment=comment.strip(),
    )
    note(actor_of(actor), "change.rejected", change, {"digest": change.digest, "comment": comment.strip()})
    return move(change, State.REJECTED, actor, comment.strip())


@deciding
def change_withdraw(actor: User, change: Change, reason: str = "") -> Change:
    change = permitted(actor, change, Action.WITHDRAW)
    return move(change, State.WITHDRAWN, actor, reason or "Withdrawn")


@deciding
def change_replan(actor: User, change: Change) -> Change:
    """Ask for a new plan of a stale or refused change; it will need new approvals.

    Its machines are asked again, so they still have to be the actor's to ask for.
    """
    change = permitted(actor, change, Action.REPLAN)
    _check_machines(actor, Request(change.kind, change.params, change.host_id, change.vm_id, change.reason))
    if change.state is State.REFUSED:
        move(change, State.DRAFT, actor, "Looking again")
    Change.objects.filter(pk=change.pk).update(planning=True, refusal=[])
    note(actor_of(actor), "change.replanned", change, {})
    change.refresh_from_db()
    return change


def move(change: Change, new: State, actor: User | None, reason: str = "") -> Change:
    """Compare-and-swap from the state that `change` was read in. Raises Moved or IllegalMove."""
    old = change.state
    check_move(old, new)
    with transaction.atomic():
        hit = Change.objects.filter(pk=change.pk, status=old).update(status=new, updated_at=timezone.now())
        if hit != 1:
            raise Moved(f"Change #{change.pk} is no longer {LABELS[old].word}; look at it again.")
        Transition.objects.create(change=change, old=old, new=new, actor=actor, reason=reason)
        note(
            actor_of(actor) if actor else None,
            "change.moved",
            change,
            {"old": old, "new": new, "reason": reason},
        )
        moved.send(Change, change=change, new=new, actor=actor)
        if old in ON_THE_HOST and new not in ON_THE_HOST:
            transaction.on_commit(partial(run_ended, change.kind, change.pk), robust=True)
    change.status = new
    return change


def permitted(actor: User, change: Change, action: Action) -> Change:
    """The change, locked and fresh, when the actor may take the action. Raises Denied."""
    fresh = Change.objects.select_for_update().get(pk=change.pk)
    asked = fresh.voters() if action in (Action.APPROVE, Action.REJECT) else frozenset()
    decision = may(action, actor_of(actor), fresh.case(asked))
    if not decision.allowed:
        raise Denied(decision.reason, action, fresh)
    return fresh


def locks_take(change: Change, keys: list[str]) -> dict[str, int]:
    """Take every lock or none, raising each fence by one. Returns key → fence. Raises LockHeld.

    A change that succeeded keeps the locks of its subjects; the one that follows it takes them over.
    """
    fences, before = {}, kept_by_followed(change)
    with transaction.atomic():
        for key in sorted(keys):
            Lock.objects.get_or_create(key=key)
            lock = Lock.objects.select_for_update().get(key=key)
            if lock.holder_id not in (None, change.pk, before):
                raise LockHeld(key, lock.holder_id)
            lock.holder, lock.fence, lock.taken_at = change, lock.fence + 1, timezone.now()
            lock.save()
            fences[key] = lock.fence
    return fences


def kept_by_followed(change: Change) -> int | None:
    """The change that this one follows, while it stands as it succeeded; else None."""
    number = followed(change.kind, change.params)
    if number is None or not Change.objects.filter(pk=number, status=State.SUCCEEDED).exists():
        return None
    return number


def locks_release(change: Change, keys: list[str] | None = None) -> None:
    """Give back the named locks of the change, or all of them: to nobody, or to the change that kept them before."""
    held = Lock.objects.filter(holder=change)
    if keys is not None:
        held = held.filter(key__in=keys)
    before = None if change.state is State.SUCCEEDED else kept_by_followed(change)
    if before:
        held.exclude(key__startswith="host:").update(holder=before)
    held.update(holder=None)
