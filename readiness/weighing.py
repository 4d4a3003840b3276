"""Keeps each host's place in the list of those at risk.

All hosts are weighed again every few minutes, since days go by and owners change in many ways; those that were asked,
at once. What is written is only what became another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from inventory import unowned
from inventory.models import Host
from inventory.states import Criticality
from readiness.lights import Light
from readiness.models import HostRisk, stale_before
from readiness.proof.outcome import Outcome
from readiness.risk import Risk, Told, risk_of

BATCH = 2000
LEVELS = ("criticality", "owned", "up", "verdict", "proven")
"""In the order of the index that they are counted along."""
OWN = ("owner_id", "confirmed_at", "criticality")
READ = (
    *("pk", "created", "vm_id", *OWN, *(f"vm__{name}" for name in OWN)),
    *("readiness__light", "readiness__seen_at", "readiness__up_since"),
    *("proof__outcome", "proof__at", "proof__proven_at"),
    *("risk__pk", "risk__rank", "risk__up_since", *(f"risk__{name}" for name in LEVELS)),
)


def risk_weigh(hosts: Iterable[int] | None = None, now: datetime | None = None) -> int:
    """Weigh these hosts, or all; how many came to another place."""
    now = now or timezone.now()
    rows = Host.objects.order_by("pk") if hosts is None else Host.objects.order_by("pk").filter(pk__in=list(hosts))
    moved = 0
    for some in _apart(rows):
        with transaction.atomic():
            kept = [row for row in (_weighed(host, now) for host in some) if row]
            HostRisk.objects.bulk_create(
                kept,
                update_conflicts=True,
                unique_fields=["host"],
                update_fields=["rank", "up_since", *LEVELS],
            )
        moved += len(kept)
    return moved


def _apart(rows: QuerySet[Host]) -> Iterator[tuple[dict[str, Any], ...]]:
    """In pieces, each read when it is its turn: no cursor stays open over a write."""
    last = 0
    while some := tuple(rows.filter(pk__gt=last).values(*READ)[:BATCH]):
        yield some
        last = some[-1]["pk"]


def _weighed(host: dict[str, Any], now: datetime) -> HostRisk | None:
    """The row as it should be; None where it is so already."""
    own, seen_at = "vm__" if host["vm_id"] else "", host["readiness__seen_at"]
    owner, confirmed_at, criticality = (host[f"{own}{name}"] for name in OWN)
    light, up_since = host["readiness__light"], host["readiness__up_since"]
    failed = host["proof__at"] if host["proof__outcome"] == Outcome.DOWN else None
    proven = host["proof__proven_at"]
    risk = risk_now(seen_at, up_since, light, owner, confirmed_at, criticality, now, failed, proven)
    since = up_since if seen_at else host["created"]
    levels = {name: str(getattr(risk, name)) for name in LEVELS}
    wanted = {"rank": risk.rank, "up_since": since, **levels}
    if host["risk__pk"] and all(host[f"risk__{name}"] == value for name, value in wanted.items()):
        return None
    return HostRisk(host_id=host["pk"], **wanted)


def risk_now(
    seen_at: datetime | None,
    up_since: datetime | None,
    light: str | None,
    owner: int | None,
    confirmed_at: datetime | None,
    criticality: str,
    now: datetime,
    failed_at: datetime | None,
    proven_at: datetime | None,
) -> Risk:
    """From what is kept of a host, of whose it is, and of its last proof; one that failed ends with a boot."""
    return risk_of(
        Told(
            days=days_up(seen_at, up_since, now),
            light=Light(light) if light and seen_at else Light.UNKNOWN,
            stale=seen_at is not None and seen_at < stale_before(),
            owner=owner is not None,
            confirmed=confirmed_at is not None and confirmed_at >= now - unowned.period(),
            criticality=Criticality(criticality),
            failed=failed_at is not None and not (seen_at and up_since and up_since > failed_at),
            proven=(now - proven_at) / timedelta(days=1) if proven_at else None,
        )
    )


def days_up(seen_at: datetime | None, up_since: datetime | None, now: datetime) -> float | None:
    """Since its last boot; None where it never said so. A clock that ran ahead gives none less than 0."""
    return max(0.0, (now - up_since) / timedelta(days=1)) if seen_at and up_since else None
