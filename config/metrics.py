"""Numbers for Prometheus at /metrics, for whoever has the bearer token; off where none is set. docs/operations.md.

All of it is counted in the database when it is asked for, in a fixed number of queries, so every web process tells the
same and a restart loses nothing. That is why all are gauges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil, inf

from django.conf import settings
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from audit.models import Entry
from changes.models import Change, Lock
from changes.states import ACTIVE, State, StepState
from execution.leases import database_now
from execution.models import Claim, FactsWish, Pulse, Run, StepRun
from inventory.models import HostFacts
from networking.bonding.states import WORST_FIRST
from networking.models import Bond
from networking.selectors import turns
from pages.engine_sight import WORKERS, age_of, pile, queues_now, unknown_now
from people.access import anyone

RECENT = 2_000
"""The newest step rows that durations are told of: a bounded read, however many there are."""

QUANTILES = (0.5, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric: its name without `regroup_`, what it is, its labels' names, and a value for each set of labels."""

    name: str
    what: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]

    @classmethod
    def one(cls, name: str, what: str, value: float | None) -> Gauge:
        """A metric without labels; None is 0: there is nothing to have an age."""
        return cls(name, what, (), {(): value or 0})

    @classmethod
    def by(cls, label: str, name: str, what: str, values: Mapping[str, float]) -> Gauge:
        """A metric with one label."""
        return cls(name, what, (label,), {(key,): value for key, value in values.items()})


@anyone()
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format. 404 while no token is set, 401 without it."""
    if not settings.METRICS_TOKEN:
        raise Http404("Metrics are off: set REGROUP_METRICS_TOKEN or REGROUP_METRICS_TOKEN_FILE.")
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        sentence = "Send the token of REGROUP_METRICS_TOKEN: Authorization: Bearer …\n"
        return HttpResponse(
            sentence, status=401, content_type="text/plain; charset=utf-8", headers={"WWW-Authenticate": "Bearer"}
        )
    return HttpResponse(exposed(gauges()), content_type="text/plain; version=0.0.4; charset=utf-8")


def exposed(all_of_them: Iterable[Gauge]) -> bytes:
    """The metrics as text that Prometheus reads."""
    # Not at the top: nobody pays for the library who does not use it.
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
    from prometheus_client.core import GaugeMetricFamily, Metric  # noqa: PLC0415
    from prometheus_client.registry import Collector  # noqa: PLC0415

    class Told(Collector):
        def collect(self) -> Iterator[Metric]:
            for gauge in all_of_them:
                family = GaugeMetricFamily(f"regroup_{gauge.name}", gauge.what, labels=gauge.labels)
                for labels, value in gauge.values.items():
                    family.add_metric(labels, value)
                yield family

    registry = CollectorRegistry()
    registry.register(Told())
    return generate_latest(registry)


def gauges() -> list[Gauge]:
    """Every metric now."""
    now = database_now()
    return [*_runs(now), *_steps(), *_workers(now), *_queue(), *_bonds(), *_fleet(now), *_audit(now)]


def _runs(now: datetime) -> Iterator[Gauge]:
    known = dict(Change.objects.order_by().values_list("status").annotate(Count("pk")))
    by_state = {state.value: known.get(state.value, 0) for state in State}
    yield Gauge.by("state", "changes", "Changes by state; from queued on each has a run.", by_state)
    leased = Run.objects.exclude(lease_owner="")
    held = leased.filter(lease_until__gt=now).count()
    lost = leased.filter(lease_until__lte=now, change__status__in=(*ACTIVE, State.WAITING)).count()
    yield Gauge.one("leases_held", "Runs that a worker works on now.", held)
    yield Gauge.one("leases_expired", "Runs whose worker was not heard of in time and that nobody has taken up.", lost)
    parked = Run.objects.filter(change__status__in=(State.WAITING, State.UNDOING))
    away = StepRun.objects.filter(run__in=parked.values("pk"), state=StepState.WAITING, intent_at__isnull=False)
    yield Gauge.one("outages", "Runs parked in the middle of a step because their host is out of reach.", away.count())
    unknown, _ = unknown_now(now)
    yield Gauge.one("unknown_oldest_seconds", "For how long the oldest unknown change has been so.", unknown.oldest)
    yield Gauge.one("locks_held", "Hosts and VMs that changes hold.", Lock.objects.filter(holder__isnull=False).count())


def _steps() -> Iterator[Gauge]:
    rows = StepRun.objects.filter(started_at__isnull=False, ended_at__isnull=False).order_by("-pk")
    took: defaultdict[str, list[float]] = defaultdict(list)
    ended: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for kind, state, start, end in rows.values_list("run__change__kind", "state", "started_at", "ended_at")[:RECENT]:
        took[kind].append(max(0.0, (end - start).total_seconds()) if start and end else 0.0)
        ended[kind, state] += 1
    yield Gauge(
        "recent_step_seconds",
        f"What steps took, of the newest {RECENT} that ended, by kind of change.",
        ("kind", "quantile"),
        {(kind, f"{q:g}"): quantile(times, q) for kind, times in sorted(took.items()) for q in QUANTILES},
    )
    yield Gauge("recent_steps", f"How the newest {RECENT} steps ended.", ("kind", "state"), ended)


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of all are not above; `values` are not empty."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def _workers(now: datetime) -> Iterator[Gauge]:
    seen = dict(Pulse.objects.filter(name__in=WORKERS).values_list("name", "at"))
    ages = {name: age if (age := age_of(seen.get(name), now)) is not None else inf for name in WORKERS}
    what = "Since a kind of worker was seen; of sweeps and fleet: since their last round. +Inf: never."
    yield Gauge.by("worker", "worker_seen_seconds", what, ages)
    yield Gauge.one(
        "claims", "Hosts that are asked for facts or a plan now.", Claim.objects.filter(until__gt=now).count()
    )
    waits = (
        ("plans", "Plans that are to be made", pile(Change.objects.filter(planning=True), "updated_at", now)),
        ("facts", "Hosts that somebody wants live facts of", pile(FactsWish.objects.all(), "asked_at", now)),
    )
    for name, what, told in waits:
        yield Gauge.one(f"{name}_waiting", f"{what}.", told.count)
        yield Gauge.one(f"{name}_waiting_oldest_seconds", f"{what}: since the oldest was asked for.", told.oldest)


def _queue() -> Iterator[Gauge]:
    depths, away = queues_now()
    yield Gauge.one("queue_up", "1 if the queue answers, else 0.", 0 if away else 1)
    yield Gauge.by("queue", "queue_hints", "Hints that no worker has taken yet.", depths)


def _bonds() -> Iterator[Gauge]:
    counted: QuerySet[Bond, tuple[int, int, int]] = (
        Bond.objects.there()
        .order_by()
        .values_list("rank")
        .annotate(bonds=Count("pk"), hosts=Count("host", distinct=True))
        .values_list("rank", "bonds", "hosts")
    )
    found = {rank: (bonds, hosts) for rank, bonds, hosts in counted}
    for at, name, what in ((0, "bonds", "Bonds by state."), (1, "bond_hosts", "Hosts with a bond in that state.")):
        values = {state.value: found.get(rank, (0, 0))[at] for rank, state in enumerate(WORST_FIRST)}
        yield Gauge.by("state", name, what, values)


def _fleet(now: datetime) -> Iterator[Gauge]:
    told = turns(now)
    yield Gauge.one("fleet_hosts", "Hosts that are asked for their bonds.", told.hosts)
    yield Gauge.one("fleet_hosts_asked_now", "… of them this moment.", told.asking)
    yield Gauge.one("fleet_hosts_due", "Hosts whose turn has come and that wait.", told.due)
    yield Gauge.one(
        "fleet_due_oldest_seconds", "For how long the first of them has waited.", age_of(told.oldest_due, now)
    )
    yield Gauge.one("fleet_hosts_silent", "Hosts that gave no answer when last asked.", told.silent)
    yield Gauge.one(
        "fleet_asks_failed", "Attempts in vain since each silent host last answered, all added.", told.misses
    )
    failed = HostFacts.objects.filter(error__gt="").count()
    yield Gauge.one("facts_failed_hosts", "Hosts that could not be asked for live facts when last asked.", failed)


def _audit(now: datetime) -> Iterator[Gauge]:
    told = pile(Entry.objects.unsealed(), "at", now)
    yield Gauge.one("audit_unsealed", "Audit entries that wait for their seal.", told.count)
    yield Gauge.one("audit_unsealed_oldest_seconds", "Age of the oldest of them.", told.oldest)
