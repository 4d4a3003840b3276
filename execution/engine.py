"""Look at a change and do the next thing for it, whatever that is: the body of every run task.

Safe to call twice, late, or never: the lease lets one worker through, and what is done next
is read from the database and from the host, not from the call.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import DatabaseError

from changes.history import note
from changes.kinds import elsewhere
from changes.models import Change
from changes.plan import Plan, Refusal
from changes.services import locks_release, move, plan_store
from changes.states import ACTIVE, State, StepState
from execution import doorbell, failpoints, looking, parting
from execution.claims import claimed
from execution.due import is_time
from execution.gate import pass_gate
from execution.going_on import POLL_SECONDS, confirmed, held_back, may_go_on, stay_parked
from execution.hands import HostHands
from execution.leases import Lease, LeaseLost, claim, database_now
from execution.lines import Lines
from execution.log_ids import about, also
from execution.models import DO, UNDO, Run, StepRun
from execution.parting import HandedOver
from execution.recorder import Recorder
from execution.runner import OUTAGE_POLL, Progress, Work, all_of, backward, forward, walk
from inventory.connect import open_session
from inventory.models import Host
from ssh.detached import DetachedError, FenceRefused
from ssh.facts import FactError, SessionAsk
from ssh.session import SessionError

log = logging.getLogger(__name__)


def look(change_id: int) -> None:
    """Take the lease of the change's run, if it is free and there is something to do, and do it."""
    run = Run.objects.select_related("change__host").filter(change_id=change_id).first()
    if run is None or not _has_work(run):
        return
    with about(run.change_id):
        also(run=run.name)
        if parting.asked() or _claim_and_do(run):
            doorbell.ring_again("look", run.change_id)


def _has_work(run: Run) -> bool:
    if run.change.state is State.UNKNOWN:
        return looking.wanted(run)
    return run.change.state in ACTIVE or run.change.state is State.WAITING


def _claim_and_do(run: Run) -> bool:
    """Whether another worker is to go on at once, because this one ends."""
    lease = claim(run)
    if lease is None:
        return False
    with lease:
        failpoints.reach("after-claim")
        try:
            run.change.refresh_from_db()
            with Lines(lease.check) as lines:
                _next(run, lease, lines)
        except HandedOver:
            log.info("run %s is handed over", run.name)
            return True
        except (LeaseLost, FenceRefused) as lost:
            log.warning("run %s goes on elsewhere: %s", run.name, lost)
    return False


def _next(run: Run, lease: Lease, lines: Lines) -> None:
    change = run.change
    if change.state is State.UNKNOWN and change.plan:
        hands = HostHands(run, change.plan, change.the_kind, lease, lines)
        looking.look(run, lease, works_of(run, change.plan), hands)
    if change.state is State.GATING:  # whoever was at the gate died there; nothing was sent
        move(change, State.BLOCKED, None, "The worker at the gate died; trying again")
        locks_release(change)
        move(change, State.QUEUED, None, "Queued again")
    if change.state is State.QUEUED and not pass_gate(run, lease, lines):
        return
    parked = change.state is State.WAITING or (change.state is State.UNDOING and run.wait_step)
    if parked and not _wait_is_over(run, lease, lines):
        return
    if change.state in (State.RUNNING, State.UNDOING) and may_go_on(run, lease):
        _walk(run, lease, lines)


def _walk(run: Run, lease: Lease, lines: Lines) -> None:
    plan = run.change.plan
    if plan is None or not run.change.plan_is_intact:
        move(run.change, State.UNKNOWN, None, "The stored plan is not the one that was approved; nothing more is sent")
        return
    works = works_of(run, plan)
    recorder = Recorder(lease)
    hands = HostHands(run, plan, run.change.the_kind, lease, lines)
    progress = _progress(run, works)
    try:
        for event in walk(works, progress, hands, recheck=run.recheck, probing=run.probing):
            name, step = type(event).__name__.lower(), getattr(event, "key", "")
            failpoints.reach(f"before-{name}", step)
            recorder.store(event)
            failpoints.reach(f"after-{name}", step)
    except (LeaseLost, FenceRefused, DatabaseError, HandedOver):
        raise
    except Exception as error:  # we broke, not the host: say so, and let a person decide
        log.exception("run %s", run.name)
        recorder.broke(error)


def works_of(run: Run, plan: Plan) -> list[Work]:
    """What the run's present phase consists of."""
    if run.phase == DO:
        return forward(plan)
    keys = set(StepRun.objects.filter(run=run, phase=UNDO).values_list("key", flat=True))
    every = {step.key: Progress(StepState.OK) for step in plan.steps}
    return [work for work in backward(plan, every) if work.key in keys]


def _progress(run: Run, works: list[Work]) -> dict[str, Progress]:
    rows = {row.key: row for row in StepRun.objects.filter(run=run, phase=run.phase)}
    return {
        work.key: Progress(
            StepState(rows[work.key].state),
            rows[work.key].attempt,
            rows[work.key].log_offset,
            rows[work.key].intent_at is not None,
            run.confirmed_step == work.key,
            rows[work.key].found,
            rows[work.key].said,
        )
        for work in works
    }


def _wait_is_over(run: Run, lease: Lease, lines: Lines) -> bool:
    """Look at a parked run: out of time, or what it waits for has come. Cheap, and leaves no trace if not."""
    change, now = run.change, database_now()
    plan = change.plan
    if plan is None or not is_time(run, now):
        return False
    if change.state is State.WAITING and held_back(change, run):
        stay_parked(run)
        return False
    work = next(work for work in works_of(run, plan) if work.key == run.wait_step)
    hands = HostHands(run, plan, change.the_kind, lease, lines)
    try:
        hands.turn(work)
        come = confirmed(change, run) or _has_come(run, work, hands)
    except (SessionError, FactError, DetachedError) as error:
        log.info("run %s waits, and its host cannot be asked: %s", run.name, error)
        come = False
    over = run.wait_until is not None and run.wait_until <= now
    if come or over:
        if change.state is State.WAITING:
            move(change, State.RUNNING, None, "What it waited for is there" if come else "The wait is over")
        return True
    poll = OUTAGE_POLL if work.outage else POLL_SECONDS
    Run.objects.filter(pk=run.pk).update(next_poll=now + timedelta(seconds=poll))
    return False


def _has_come(run: Run, work: Work, hands: HostHands) -> bool:
    """Whether the step can go on: its effect is there; or, after an outage, there is nothing more to wait for."""
    effect = all_of(hands.judge(work.verify))
    if effect.holds or not work.outage:
        return effect.holds
    begun = StepRun.objects.filter(run=run, phase=run.phase, key=work.key, intent_at__isnull=False).exists()
    return not (effect if begun else all_of(hands.judge(work.precheck))).not_yet


def plan(change_id: int) -> None:
    """Make the plan of a draft or stale change from live facts, or store the refusal; unless somebody is at it."""
    with about(change_id), claimed(f"plan:{change_id}") as ours:
        wanted = Change.objects.select_related("host").filter(pk=change_id, planning=True)
        change = wanted.first() if ours else None
        if change:
            _plan(change)


def _plan(change: Change) -> None:
    try:
        params = _completed(change)
        with open_session(change.host) as session:
            facts = change.the_kind.gather(params, SessionAsk(session))
        plan_store(change, change.the_kind.plan(params, facts), facts, params)
    except DatabaseError:
        raise
    except SourceFailed as failed:
        plan_store(change, Refusal((str(failed),)), {})
    except Exception as error:
        if not isinstance(error, (SessionError, FactError, DetachedError)):
            log.exception("planning change %d", change.pk)
            error = _ours(error)
        plan_store(change, Refusal((f"{change.host.name} could not be asked, so nothing was planned. {error}",)), {})


class SourceFailed(Exception):
    """What the request names on another host could not be had; the message is the sentence."""


def _completed(change: Change) -> Mapping[str, Any]:
    """The request with what it names elsewhere read anew, and that noted in the audit. Raises SourceFailed."""
    wanted = elsewhere(change.kind, change.params)
    asked: Mapping[str, Any] = change.params
    if wanted is None:
        return asked
    host = Host.objects.filter(name=wanted.host).first()
    if host is None:
        raise SourceFailed(f"Regroup knows no host called {wanted.host} any more; name another one.")
    note(None, "change.source_read", change, {"host": host.name, **dict(change.params.get("source") or {})})
    try:
        with open_session(host) as session:
            read = SessionAsk(session)(wanted.fact)
        return {**asked, **read}
    except FactError as error:
        raise SourceFailed(str(error)) from error
    except SessionError as error:
        raise SourceFailed(f"{host.name} could not be asked for the file. {error}") from error


def _ours(error: Exception) -> Exception:
    """A failure of Regroup itself, in words for the page; the worker's log has all of it."""
    return RuntimeError(f"Regroup itself failed ({type(error).__name__}); the worker's log says where.")
