"""The gate: everything that must hold in the moment before the first command.

Two short transactions with no SSH inside: the first takes lease, state and locks; then facts
are gathered and the plan is made again; the second checks every condition and moves to
running, or gives the locks back. Never a silent skip: stale or blocked, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from changes.models import Approval, Change, Lock
from changes.plan import Refusal
from changes.policy import Vote, valid_votes
from changes.services import LockHeld, kept_by_followed, locks_release, locks_take, move
from changes.states import HOLDS_HOST, State
from execution.leases import Lease, raise_fence
from execution.lines import Lines
from execution.models import DO, Run, StepRun
from people.selectors import actor_of
from ssh.facts import FactError, SessionAsk
from ssh.session import SessionError

FRESH = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of the gate: ✓, ✗, or None for what only the moment of the run can tell."""

    title: str
    ok: bool | None
    reason: str


def lock_keys(change: Change) -> list[str]:
    kind = change.the_kind
    return [f"host:{name}" for name in kind.hosts(change.params)] + list(kind.subjects(change.params))


def votes_of(change: Change, trigger: int | None) -> list[Vote]:
    """The approvals that count for the present digest."""
    rows = change.approvals.filter(decision=Approval.APPROVED).select_related("approver")
    return valid_votes((Vote(actor_of(row.approver), row.digest) for row in rows), change.case(), trigger)


def conditions(change: Change, trigger: int | None = None) -> list[Condition]:
    """The gate as far as it can be told without asking the host."""
    votes = votes_of(change, trigger)
    names = ", ".join(vote.approver.display for vote in votes)
    if votes:
        approval = Condition("Approval", True, f"Approved by {names}, for this very plan.")
    else:
        approval = Condition("Approval", False, "Nobody who may has approved this plan yet.")
    return [approval, _locks(change), _facts(change)]


def _locks(change: Change) -> Condition:
    held = Lock.objects.filter(key__in=lock_keys(change), holder__isnull=False).exclude(holder=change)
    row = held.exclude(holder=kept_by_followed(change)).first()
    if row:
        what = row.key.partition(":")[2]
        return Condition("Lock", False, f"Change #{row.holder_id} holds {what}.")
    if change.state in HOLDS_HOST:
        return Condition("Lock", True, "This change holds the host; no other can touch it.")
    return Condition("Lock", True, "Host and VM are free.")


def _facts(change: Change) -> Condition:
    if change.state is State.STALE:
        return Condition("Facts", False, "The host is not as it was when the plan was made.")
    if change.state in HOLDS_HOST or change.state in (State.SUCCEEDED, State.UNDONE):
        return Condition("Facts", True, "The host gave the same plan again just before the first command.")
    return Condition("Facts", None, "The host is asked again before the first command; another plan stops it.")


def pass_gate(run: Run, lease: Lease, lines: Lines) -> bool:
    """Take a queued change through the gate. True when it is running now."""
    change = run.change
    if not _enter(change, lease):
        return False
    begun = timezone.now()
    try:
        facts = change.the_kind.gather(change.params, SessionAsk(lines.open(change.host)))
    except (SessionError, FactError) as error:
        lines.drop(change.host)
        _leave(change, lease, State.BLOCKED, f"{change.host.name} cannot be asked: {error}")
        return False
    return _decide(run, lease, facts, begun)


def _enter(change: Change, lease: Lease) -> bool:
    with transaction.atomic():
        lease.guard()
        move(change, State.GATING, None, "Checking the gate")
        try:
            with transaction.atomic():
                locks_take(change, lock_keys(change))
        except LockHeld as held:
            move(change, State.BLOCKED, None, str(held))
            return False
    return True


def _decide(run: Run, lease: Lease, facts: Mapping[str, Any], begun: Any) -> bool:
    change, asked = run.change, run.change.params
    outcome = change.the_kind.plan(asked, facts)
    with transaction.atomic():
        now = lease.guard()
        change.refresh_from_db()
        if not votes_of(change, now.started_by_id):
            return _leave(change, lease, State.BLOCKED, "No valid approval of this plan is left.")
        if timezone.now() - begun > FRESH:
            return _leave(change, lease, State.BLOCKED, "The host took longer than 60 s to answer.")
        if isinstance(outcome, Refusal):
            return _leave(change, lease, State.STALE, f"It can no longer be planned: {outcome.reasons[0]}")
        planned_on = change.the_kind.hosts(asked)[0]
        if change.host.name != planned_on:
            sentence = f"The plan speaks of {planned_on}, and the host is called {change.host.name} by now."
            return _leave(change, lease, State.STALE, sentence)
        if not change.plan_is_intact:
            return _leave(change, lease, State.STALE, "The stored plan is not the one that was approved.")
        if change.params != asked:
            return _leave(change, lease, State.STALE, "The request was changed while the host was asked.")
        if outcome.digest() != change.digest or now.digest != change.digest:
            return _leave(change, lease, State.STALE, "The host changed since the plan was approved.")
        raise_fence(run)
        _prepare_steps(run, [step.key for step in outcome.steps])
        Run.objects.filter(pk=run.pk).update(started_at=timezone.now())
        move(change, State.RUNNING, None, "Every condition of the gate holds")
    return True


def _prepare_steps(run: Run, keys: list[str]) -> None:
    StepRun.objects.bulk_create(
        StepRun(run=run, phase=DO, key=key, position=number) for number, key in enumerate(keys, 1)
    )


def _leave(change: Change, lease: Lease, state: State, reason: str) -> bool:
    with transaction.atomic():
        lease.guard()
        move(change, state, None, reason)
        locks_release(change)
    return False
