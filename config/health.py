"""Is Regroup well? The database answers and has our tables, the queue answers, each kind of worker was seen lately.

`/healthz` says whether work gets done (readiness), `/livez` only that this process answers (liveness).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from audit.selectors import sealing
from config.schema import differs
from execution.hints import BrokerAway, depths
from execution.leases import database_now
from execution.models import Pulse, Run
from pages.wording import human_duration
from people.access import anyone

WORKERS = ("runs", "sweeps", "fleet")


@dataclass(frozen=True)
class Health:
    """What was found: the database's own words when it fails, and seconds since each worker was seen."""

    database: str
    workers: dict[str, float | None]
    well: bool
    gone: tuple[str, ...] = ()


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
    return Health("ok", ages, all(alive.values()), tuple(name for name in WORKERS if not alive[name]))


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else round(max(timedelta(), now - at).total_seconds(), 1)


@dataclass(frozen=True)
class Readiness:
    """Health, and what else work needs; `sentences` is empty where nothing is wrong. None of it is a secret.

    status  ok, degraded (work gets done, later than it should) or unwell
    """

    health: Health
    migrations: str
    queue: str
    audit_lag: float | None
    sentences: tuple[str, ...]
    status: str


def ready() -> Readiness:
    """Ask every part; never raises for one that is away."""
    health, queue = look(), _queue()
    migrations, wrong = _migrations() if health.database == "ok" else ("not asked", "")
    lag, late = _audit() if migrations == "ok" else (None, "")
    sentences = [wrong, late, *map(_gone, health.gone, map(health.workers.get, health.gone))]
    if health.database != "ok":
        sentences = ["The database does not answer: nothing can be done until it is back. Look at its server."]
    if queue != "ok":
        sentences.append(
            "The queue does not answer: look at its server. Nothing is lost: workers look in the database every few "
            "seconds instead, so that work begins a little later."
        )
    found = tuple(filter(None, sentences))
    degraded = health.well and migrations == "ok" and queue != "ok" and not late
    return Readiness(health, migrations, queue, lag, found, "degraded" if degraded else "unwell" if found else "ok")


def _gone(name: str, age: float | None) -> str:
    seen = "was never seen" if age is None else f"was last seen {human_duration(age)} ago"
    return f"The worker {name} {seen}: start it, or look at its log."


def _migrations() -> tuple[str, str]:
    """A word, and what to do about it."""
    try:
        newer, missing = differs()
    except DatabaseError:
        return "unreadable", "Which migrations are applied cannot be read: look at the database."
    if newer:
        return "newer", "The database was written by a newer Regroup: start that version."
    if missing:
        return f"{missing} missing", f"{missing} migration{'s are' if missing > 1 else ' is'} not applied: migrate."
    return "ok", ""


def _audit() -> tuple[float | None, str]:
    """Seconds that the sealer is behind, and what that means."""
    try:
        now = sealing()
    except DatabaseError:
        return None, ""
    if not now.late:
        return round(now.lag, 1), ""
    return round(now.lag, 1), (
        f"The audit is not sealed: its oldest entry waits for {human_duration(now.lag)}, and no change can begin. "
        "Start the worker sweeps, or look at its log."
    )


def _queue() -> str:
    try:
        depths()
    except BrokerAway:
        return "unreachable"
    return "ok"


@anyone()
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when work gets done, if slower for want of the queue; else 503. A sentence for each thing, nothing secret."""
    found = ready()
    told = {
        "status": found.status,
        "sentences": found.sentences,
        "database": "ok" if found.health.database == "ok" else "unreachable",
        "migrations": found.migrations,
        "queue": found.queue,
        "workers": found.health.workers,
        "audit_lag": found.audit_lag,
    }
    answer = JsonResponse(told, status=503 if found.status == "unwell" else 200)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # else Django logs each 503 as an error of ours
    return answer


@anyone()
def livez(request: HttpRequest) -> JsonResponse:
    """200 from a process that answers at all; asks nobody, so that a database that is away restarts no server."""
    return JsonResponse({"status": "alive"})


def probe_headers() -> dict[str, str]:
    """Headers with which our own probe over loopback passes host checking and the redirect to HTTPS."""
    hosts = [host.lstrip(".") for host in settings.ALLOWED_HOSTS]
    host = "127.0.0.1" if not hosts or {"127.0.0.1", "*"} & set(hosts) else hosts[0]
    return {"Host": host} | ({"X-Forwarded-Proto": "https"} if settings.HTTPS else {})
