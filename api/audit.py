"""The audit over the API: newest first, by cursor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from api.paging import Limit
from api.problems import REFUSALS
from audit.models import Entry

router = Router(tags=["audit"])


class EntryOut(Schema):
    """`position`, `previous_hash` and `hash` are empty until the sealer has chained the entry."""

    id: int
    at: datetime
    actor_name: str
    action: str
    object_kind: str
    object_id: str
    object_label: str
    detail: dict[str, Any]
    position: int | None
    previous_hash: str
    hash: str


class AuditPage(Schema):
    items: list[EntryOut]
    before: int | None = None


@router.get("", response={200: AuditPage, **REFUSALS}, summary="Audit entries, newest first")
def audit(request: HttpRequest, before: int | None = None, limit: Limit = 50) -> dict[str, Any]:
    found = Entry.objects.filter(pk__lt=before) if before is not None else Entry.objects.all()
    rows = list(found.order_by("-pk")[: limit + 1])
    page = rows[:limit]
    return {"items": page, "before": page[-1].pk if len(rows) > limit else None}
