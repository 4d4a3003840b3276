"""Looks at the engine: who is alive, what runs, who holds what, what waits; in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, OuterRef, QuerySet, Subquery

from audit.models import Entry
from changes.models import Change, Lock, Transition
from changes.states import ACTIVE, State, StepState
from execution.hints import BrokerAway, depths
from execution.leases import database_now
from execution.models import Claim, FactsWish, Pulse, Run, StepRun
from inventory.models import Host
from networking.selectors import turns
from pages.oddities import KEEPS_DISK, ClaimNow, FleetNow, LockNow, Pace, Pile, RunNow, Sight, odd_run

WORKERS = ("runs", "sweeps", "fleet")
MOST = 100
ON_THE_WAY = (*ACTIVE, State.WAITING)
AT_WORK = (StepState.CHECKING, StepState.RUNNING, StepState.VERIFYING, StepState.WAITING)


def pace() -> Pace:
    """As this site has set it."""
    return Pace(settings.LEASE_SECONDS, settings.HEARTBEAT_SECONDS, settings.SWEEP_SECONDS, settings.FLEET_SECONDS)


def see() -> Sight:
    """Everything in one moment. Never raises for a broker that is away."""
    now = database_now()
    seen = dict(Pulse.objects.values_list("name", "at"))
    runs, in_all = runs_now(now)
    unknown, oldest = unknown_now(now)
    queues, broker = queues_now()
    return Sight(
        pace=pace(),
        workers={name: age_of(seen.get(name), now) for name in WORKERS},
        runs=runs,
        runs_in_all=in_all,
        unknown=unknown,
        oldest_unknown=oldest,
        locks=locks_now(now),
        claims=claims_now(now),
        queues=queues,
        broker=broker,
        planning=pile(Change.objects.filter(planning=True), "updated_at", now),
        facts=pile(FactsWish.objects.all(), "asked_at", now),
        unsealed=pile(Entry.objects.unsealed(), "at", now),
        fleet=fleet_now(now),
        ahead=max(((at - now).total_seconds() for at in seen.values()), default=0.0),
    )


def age_of(at: datetime | None, now: datetime) -> float | None:
    """Seconds since then, at least 0; None for never."""
    return None if at is None else max(0.0, (now - at).total_seconds())


def queues_now() -> tuple[dict[str, int], str]:
    """Hints in each queue, and what the broker said instead if it is away."""
    try:
        return depths(), ""
    except BrokerAway as away:
        return {}, str(away)


def pile(rows: QuerySet[Change] | QuerySet[FactsWish] | QuerySet[Entry], since: str, now: datetime) -> Pile:
    """How many rows, and the age of the oldest by that field."""
    told = rows.aggregate(count=Count("pk"), oldest=Min(since))
    return Pile(told["count"], age_of(told["oldest"], now))


def unknown_now(now: datetime) -> tuple[Pile, tuple[int, str] | None]:
    """Changes of which nobody can tell; the oldest one's number and host."""
    rows = Change.objects.filter(status=State.UNKNOWN).annotate(moved=_moved()).order_by("moved")
    found = list(rows.values_list("pk", "host__name", "moved")[: MOST + 1])
    if not found:
        return Pile(), None
    number, host, moved = found[0]
    count = len(found) if len(found) <= MOST else rows.count()
    return Pile(count, age_of(moved, now)), (number, host)


def _moved() -> Subquery:
    """When a change came into its present state."""
    last = Transition.objects.filter(change=OuterRef("pk")).order_by("-pk")
    return Subquery(last.values("at")[:1])


def runs_now(now: datetime) -> tuple[tuple[RunNow, ...], int]:
    """Changes on their way, those first that are odd, then the longest quiet; and how many there are in all."""
    rows = Change.objects.filter(status__in=ON_THE_WAY).annotate(moved=_moved()).order_by("moved")
    changes = list(rows.values_list("pk", "title", "host__name", "status", "moved")[: MOST + 1])
    in_all = len(changes) if len(changes) <= MOST else rows.count()
    runs = {run.change_id: run for run in Run.objects.filter(change__in=[row[0] for row in changes]).order_by("pk")}
    phases = {run.pk: run.phase for run in runs.values()}
    steps = StepRun.objects.filter(run__in=phases, state__in=AT_WORK).order_by("-position")
    at_work = {step.run_id: step for step in steps if step.phase == phases[step.run_id]}
    limits = pace()
    found = []
    for number, title, host, status, moved in changes[:MOST]:
        run = runs.get(number)
        plain = RunNow(number, title, host, State(status), quiet=age_of(moved, now) or 0.0)
        found.append(_with_run(plain, run, at_work.get(run.pk), now) if run else plain)
    return tuple(sorted(found, key=lambda run: (odd_run(run, limits) is None, -run.quiet))), in_all


def _with_run(change: RunNow, run: Run, step: StepRun | None, now: datetime) -> RunNow:
    parked = change.state is State.WAITING or (change.state is State.UNDOING and bool(run.wait_step))
    return replace(
        change,
        step=(run.wait_step if parked else "") or (step.key if step else ""),
        left=(run.lease_until - now).total_seconds() if run.lease_owner and run.lease_until else None,
        fence=run.fence,
        parked=parked,
        prompt=run.wait_prompt if parked else "",
        away=parked and step is not None and step.intent_at is not None,
        late=age_of(run.next_poll, now) if parked and run.next_poll and run.next_poll < now else None,
        ends_in=(run.wait_until - now).total_seconds() if parked and run.wait_until else None,
    )


def locks_now(now: datetime) -> tuple[LockNow, ...]:
    """What changes hold, the longest held first; those that should not be held before all."""
    held = Lock.objects.filter(holder__isnull=False).order_by("taken_at")
    names = ("key", "holder_id", "holder__title", "holder__status", "fence", "taken_at")
    rows = [
        LockNow(key.partition(":")[2], number, title, State(status), fence, age_of(at, now) or 0.0)
        for key, number, title, status, fence, at in held.values_list(*names)[:MOST]
    ]
    return tuple(sorted(rows, key=lambda lock: lock.state in KEEPS_DISK))


def claims_now(now: datetime) -> tuple[ClaimNow, ...]:
    """Who is asked by whom at this moment; `facts:7` names a host, `plan:42` a change."""
    rows = [(*key.partition(":")[::2], until) for key, until in Claim.objects.order_by("until").values_list()[:MOST]]
    hosts = dict(Host.objects.filter(pk__in=_numbers(rows, "facts")).values_list("pk", "name"))
    hosts_of_plans = dict(Change.objects.filter(pk__in=_numbers(rows, "plan")).values_list("pk", "host__name"))
    return tuple(
        ClaimNow(
            task,
            int(number) if number.isdigit() else 0,
            (hosts if task == "facts" else hosts_of_plans).get(int(number) if number.isdigit() else 0, number),
            (until - now).total_seconds(),
        )
        for task, number, until in rows
    )


def _numbers(rows: Iterable[tuple[str, str, datetime]], task: str) -> list[int]:
    return [int(number) for of, number, _ in rows if of == task and number.isdigit()]


def fleet_now(now: datetime) -> FleetNow:
    told = turns(now)
    return FleetNow(told.hosts, told.asking, told.due, age_of(told.oldest_due, now), told.silent)


def last_seal() -> datetime | None:
    """When the newest entry that is sealed was written: the audit is proven up to there."""
    return Entry.objects.sealed().order_by("-position").values_list("at", flat=True).first()
