"""Whether hosts would come back from a reboot, over the API: the same rows, filters and sentences as the pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import Bearer, seer
from api.paging import Limit, worst_first
from api.problems import REFUSALS, FieldErrors
from inventory.rights import error_told
from inventory.selectors import host_by_name
from people.actor import Actor
from people.roles import Role
from readiness.models import Readiness, Tried
from readiness.selectors import LADDER, Filters, readiness_list, readiness_of
from readiness.services import NothingToAsk, readiness_ask

router = Router(tags=["readiness"])


class ProofOut(Schema):
    """A boot of a clone: `outcome` is up, down or silent (nothing was seen, so nobody can tell); `proven_at` is when a
    clone of the machine last came up."""

    outcome: str
    at: datetime
    seconds: int
    sentence: str
    change: int
    proven_at: datetime | None


class ReadinessOut(Schema):
    """A host's verdict: `light` is red, amber, green or unknown, `reasons` the sentences that make it so, `unknowns`
    the checks with something that nobody can tell. `error` is why it gave no answer when last asked. Times are null
    before it was first asked. `proof` is the last boot of a clone of it, null where none was tried."""

    host: str
    light: str
    reasons: list[str]
    unknowns: int
    owner: str
    criticality: str
    up_since: datetime | None
    kernel: str
    system: str
    since: datetime | None
    seen_at: datetime | None
    stale: bool
    error: str
    proof: ProofOut | None


class ReadinessPage(Schema):
    items: list[ReadinessOut]
    after: str | None = None


class PointOut(Schema):
    light: str
    sentence: str
    evidence: list[str]
    todo: str


class CheckOut(Schema):
    """A check: its worst point stands first; `why` it matters."""

    check: str
    title: str
    why: str
    light: str
    points: list[PointOut]


class ReadinessWhole(ReadinessOut):
    """Static checks find reasons against a boot; they cannot prove one. `backup_proof` is the last boot of a backup."""

    checks: list[CheckOut]
    backup_proof: ProofOut | None


class ReadinessAsked(Schema):
    """Since when the wish counts: once `seen_at`, or the time of `error`, is later, the host was asked."""

    asked_at: datetime


@router.get("/readiness", response={200: ReadinessPage, **REFUSALS}, summary="Will they come back? Worst first")
def readiness(
    request: HttpRequest,
    light: str = "",
    criticality: str = "",
    owner: str = "",
    site: str = "",
    text: str = "",
    after: str = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """`after` is what the answer before gave. Among hosts of one verdict those that are up for longest stand first."""
    actor = seer(request)
    rows = readiness_list(actor, Filters(light, criticality, owner, site, text))
    return worst_first(rows, LADDER, after, limit, lambda row: readiness_out(row, actor))


@router.get(
    "/hosts/{name}/readiness", response={200: ReadinessWhole, **REFUSALS}, summary="Would this host come back, and why"
)
def host_readiness(request: HttpRequest, name: str) -> dict[str, Any]:
    host = host_by_name(name, seer(request))
    row = readiness_of(host) or Readiness(host=host)
    return {
        **readiness_out(row, seer(request)),
        "checks": [finding.to_json() for finding in row.found],
        "backup_proof": proof_out(getattr(host, "backup_proof", None)),
    }


@router.post(
    "/hosts/{name}/readiness/ask",
    response={202: ReadinessAsked, **REFUSALS},
    summary="Have one host asked now whether it would come back",
    auth=Bearer(Role.REQUESTER, Role.OPERATOR, Role.ADMINISTRATOR),
)
def host_readiness_ask(request: HttpRequest, name: str) -> Status[Any]:
    try:
        row = readiness_ask(host_by_name(name, seer(request)), seer(request))
    except NothingToAsk as error:
        raise FieldErrors({"host": [str(error)]}) from error
    return Status(202, {"asked_at": row.asked_at})


def readiness_out(row: Readiness, actor: Actor) -> dict[str, Any]:
    owned = row.host.answers
    seen = row.seen_at is not None
    return {
        **{name: getattr(row, name) for name in ("light", "reasons", "unknowns", "kernel", "system", "seen_at")},
        "host": row.host.name,
        "error": error_told(actor, row.host, row.error, row),
        "owner": owned.owner.name if owned.owner else "",
        "criticality": owned.criticality,
        "up_since": row.up_since if seen else None,
        "since": row.since if seen else None,
        "stale": row.stale,
        "proof": proof_out(getattr(row.host, "proof", None)),
    }


def proof_out(row: Tried | None) -> dict[str, Any] | None:
    if row is None:
        return None
    told = {name: getattr(row, name) for name in ("outcome", "at", "seconds", "sentence", "proven_at")}
    return {**told, "change": row.change_id}
