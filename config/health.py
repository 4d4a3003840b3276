"""Is Regroup well? The database answers, and each kind of worker was seen a short while ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from execution.leases import database_now
from execution.models import Pulse, Run
from people.access import anyone

WORKERS = ("runs", "sweeps", "fleet")


@dataclass(frozen=True)
class Health:
    """What was found: the database's own words when it fails, and seconds since each worker was seen."""

    database: str
    workers: dict[str, float | None]
    well: bool


def patience() -> float:
    """Seconds after which a worker that was not seen is held to be gone: three sweeps and a little."""
    return float(settings.SWEEP_SECONDS * 3 + 5)


def look() -> Health:
    """Ask the database; never raises for a database that is away."""
    try:
        now = database_now()
        seen = dict(Pulse.objects.filter(name__in=WORKERS).values_list("name", "at"))
        busy = Run.objects.filter(lease_until__gt=now).exclude(lease_owner="").exists()
    except DatabaseError as error:
        return Health(str(error), dict.fromkeys(WORKERS), False)
    ages = {name: _age(seen.get(name), now) for name in WORKERS}
    alive = {name: age is not None and age <= patience() for name, age in ages.items()}
    # While every process of "runs" is in the middle of a step it cannot say so; its leases do.
    alive["runs"] = alive["runs"] or busy
    return Health("ok", ages, all(alive.values()))


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else round(max(timedelta(), now - at).total_seconds(), 1)


@anyone()
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503; tells nothing that a stranger may not know."""
    health = look()
    told = {
        "status": "ok" if health.well else "unwell",
        "database": "ok" if health.database == "ok" else "unreachable",
        "workers": health.workers,
    }
    answer = JsonResponse(told, status=200 if health.well else 503)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # else Django logs each 503 as an error of ours
    return answer


def probe_headers() -> dict[str, str]:
    """Headers with which our own probe over loopback passes host checking and the redirect to HTTPS."""
    hosts = [host.lstrip(".") for host in settings.ALLOWED_HOSTS]
    host = "127.0.0.1" if not hosts or {"127.0.0.1", "*"} & set(hosts) else hosts[0]
    return {"Host": host} | ({"X-Forwarded-Proto": "https"} if settings.HTTPS else {})
