"""Which hosts a reboot would hurt most, over the API: the same rows, filters and words as the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from api.auth import seer
from api.paging import Limit, worst_first
from api.problems import REFUSALS
from readiness.at_risk import LADDER, AtRisk, Filters, as_now, risk_list

router = Router(tags=["readiness"])


class RiskOut(Schema):
    """A host, and what makes it bad: `score` is the product of five factors (docs/readiness.md), `reasons` say them.

    `days_up` is null where nobody can tell when it was booted; `verdict` is red, amber, green, unknown,
    or stale: looked at long ago. `proven` is failed, never, old or recently, `proven_at` when a clone of it last
    came up. `owned` is nobody, unconfirmed or confirmed. `backup_at` lessens nothing."""

    host: str
    score: int
    reasons: list[str]
    days_up: int | None
    verdict: str
    proven: str
    proven_at: datetime | None
    owned: str
    owner: str
    confirmed_at: datetime | None
    criticality: str
    seen_at: datetime | None
    backup_at: datetime | None


class RiskPage(Schema):
    items: list[RiskOut]
    after: str | None = None


@router.get("/risk", response={200: RiskPage, **REFUSALS}, summary="Which hosts are at risk? Worst first")
def risk(
    request: HttpRequest,
    up: str = "",
    verdict: str = "",
    owned: str = "",
    criticality: str = "",
    proven: str = "",
    owner: str = "",
    site: str = "",
    text: str = "",
    after: str = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """`after` is what the answer before gave. `up` is month, quarter, half-year or year (so long or longer), days or
    unknown. Places are weighed again every few minutes; what is said of a host is as of now."""
    now, filters = timezone.now(), Filters(up, verdict, owned, criticality, proven, owner, site, text)
    return worst_first(risk_list(seer(request), filters), LADDER, after, limit, lambda row: risk_out(as_now(row, now)))


def risk_out(row: AtRisk) -> dict[str, Any]:
    return {
        "host": row.host.name,
        "score": row.risk.score,
        "reasons": row.reasons,
        "days_up": row.days,
        "verdict": row.risk.verdict,
        "proven": row.risk.proven,
        "proven_at": row.proof.proven_at if row.proof else None,
        "owned": row.risk.owned,
        "owner": row.owned.owner.name if row.owned.owner else "",
        "confirmed_at": row.owned.confirmed_at,
        "criticality": row.risk.criticality,
        "seen_at": row.seen_at,
        "backup_at": row.backup_at,
    }
