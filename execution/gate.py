"""The gate: everything that must hold in the moment before the first command.

Two short transactions with no SSH inside: the first takes lease, state and locks; then facts
are gathered and the plan is made again; the second checks every condition and moves to
running, or gives the locks back. Never a silent skip: stale or blocked, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.selectors import sealing
from changes.approval_rules import Finding
from changes.glasses import glass_use, lifts_of, stood_in
from changes.history import note
from changes.models import Change, Lock
from changes.plan import Refusal
from changes.policies import weighed
from changes.policy import Action
from changes.services import LockHeld, kept_by_followed, locks_release, locks_take, move
from changes.states import HOLDS_HOST, State
from changes.timing import Lift, Timed
from execution.leases import Lease, database_now, raise_fence
from execution.lines import Lines
from execution.models import DO, Run, StepRun
from execution.starting import going, times_now, too_soon
from people.roles import Role
from people.selectors import actor_by_id
from ssh.facts import FactError, SessionAsk
from ssh.session import SessionError

FRESH = timedelta(seconds=60)
SEALER_STARTS, LOOK_EVERY = 15.0, 0.25
"""Seconds that a sealer which is behind may take to catch up, and from one look to the next."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of the gate: ✓, ✗, or None for what only the moment of the run can tell; `help` says who can help."""

    title: str
    ok: bool | None
    reason: str
    help: str = ""


def lock_keys(change: Change) -> list[str]:
    kind = change.the_kind
    return [f"host:{name}" for name in kind.hosts(change.params)] + list(kind.subjects(change.params))


def unmet(change: Change, *triggers: int | None) -> str:
    """Why the frozen policy is not met by people as they are now, once these start it; empty where it is."""
    no = " ".join(f"{finding.title}. {finding.reason}" for finding in weighed(change, *triggers) if not finding.ok)
    return "" if no and Lift.APPROVAL in lifts_of(change, triggers) else no


def starter_gone(run: Run) -> str:
    """Why nothing starts in the name of whoever queued the run, by their account as it is now; empty if it may."""
    return operator_gone(run.started_by_id, "started it", "start it")


def operator_gone(who: int, did: str, can: str) -> str:
    """Why this person's word lets nothing begin any more, by their account as it is now; empty if it does."""
    person = actor_by_id(who)
    if person.may(Role.OPERATOR):
        return ""
    why = "is no operator any more" if person.active else "has an account that is switched off"
    return f"{person.display} {did}, and {why}. Another operator can {can}."


def conditions(
    change: Change, findings: Iterable[Finding] | None = None, times: Iterable[Timed] | None = None
) -> list[Condition]:
    """The gate as far as it can be told without asking the host; `findings`, `times`: what is weighed already."""
    lifts = lifts_of(change, going(change)) if findings is None or times is None else ()
    findings = stood_in(weighed(change, helpers=True) if findings is None else findings, lifts)
    times = times_now(change, lifts) if times is None else times
    told: list[Finding | Timed] = [*findings, *times]
    lines = [Condition(one.title, one.ok, one.reason, one.help) for one in told]
    return [*lines, *_bar(change), _locks(change), _facts(change), _audit()]


def against(change: Change, *triggers: int | None) -> str:
    """Why nothing but a broken glass lets these people start its plan; empty where it may start."""
    no = change.barred
    lifted = no and Lift.READINESS in lifts_of(change, triggers)
    return "" if lifted or not no else f"Only a broken glass lets it start. {no}"


def _bar(change: Change) -> list[Condition]:
    """What the plan itself says against its start; no line where that is nothing."""
    no = change.barred
    if not no:
        return []
    if found := against(change, *going(change)):
        return [Condition("Checks", False, found, "An operator asks for it; a second person grants it.")]
    return [Condition("Checks", True, f"The glass is broken: it may start all the same. {no}")]


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


def _audit() -> Condition:
    now = sealing()
    if now.late:
        return Condition("Audit", False, now.sentence)
    return Condition("Audit", True, "What was decided and done so far is sealed, or will be within seconds.")


def pass_gate(run: Run, lease: Lease, lines: Lines) -> bool:
    """Take a queued change through the gate. True when it is running now."""
    change = run.change
    _wait_for_the_seal(lease)
    if not _enter(change, lease):
        return False
    audit = sealing()
    if audit.late:
        return _leave(change, lease, State.BLOCKED, audit.sentence)
    # both are asked again at the end, where they count; so no host is asked in vain
    if no := starter_gone(run) or too_soon(change, run.started_by_id):
        return _refuse(run, lease, no)
    begun = timezone.now()
    try:
        facts = change.the_kind.gather(change.params, SessionAsk(lines.open(change.host)))
    except (SessionError, FactError) as error:
        lines.drop(change.host)
        _leave(change, lease, State.BLOCKED, f"{change.host.name} cannot be asked: {error}")
        return False
    return _decide(run, lease, facts, begun)


def _wait_for_the_seal(lease: Lease) -> None:
    """Where all of us were away, the sealer begins when we do, and is behind for a moment; that stops no change."""
    end = time.monotonic() + SEALER_STARTS
    while sealing().late and time.monotonic() < end:
        time.sleep(LOOK_EVERY)
        lease.check()


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
        if no := starter_gone(now):
            return _refuse(now, lease, no)
        if no := unmet(change, now.started_by_id):
            return _refuse(now, lease, f"The approvals do not count any more. {no}")
        if no := too_soon(change, now.started_by_id):
            return _refuse(now, lease, no)
        audit = sealing()
        if audit.late:
            return _leave(change, lease, State.BLOCKED, audit.sentence)
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
        if no := against(change, now.started_by_id):
            return _refuse(now, lease, no)
        raise_fence(run)
        _prepare_steps(run, [step.key for step in outcome.steps])
        Run.objects.filter(pk=run.pk).update(started_at=timezone.now())
        glass_use(change, now.started_by, Action.RUN, database_now(), now.started_by_id)
        _keep(change, now)
        move(change, State.RUNNING, None, "Every condition of the gate holds")
    return True


def _keep(change: Change, run: Run) -> None:
    """The conditions as they hold in this moment, for the audit and whoever asks for evidence."""
    held = [asdict(condition) for condition in conditions(change, weighed(change, run.started_by_id))]
    told = {"run": run.name, "started_by": run.started_by.username, "digest": run.digest, "conditions": held}
    note(None, "change.gate", change, told)


def _prepare_steps(run: Run, keys: list[str]) -> None:
    StepRun.objects.bulk_create(
        StepRun(run=run, phase=DO, key=key, position=number) for number, key in enumerate(keys, 1)
    )


def _refuse(run: Run, lease: Lease, reason: str) -> bool:
    """What the people or the time stand against: blocked, and in the audit as a refusal."""
    with transaction.atomic():
        note(None, "change.gate_refused", run.change, {"reason": reason, "started_by": run.started_by_id})
        return _leave(run.change, lease, State.BLOCKED, reason)


def _leave(change: Change, lease: Lease, state: State, reason: str) -> bool:
    with transaction.atomic():
        lease.guard()
        move(change, state, None, reason)
        locks_release(change)
    return False
