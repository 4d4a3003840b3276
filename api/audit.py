"""The audit over the API: newest first, by cursor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from api.auth import Bearer
from api.paging import Limit, newest_first
from api.problems import REFUSALS
from audit.models import Entry
from people.roles import Role

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


WHOLE = Bearer(Role.VIEWER, whole=True)


@router.get("", response={200: AuditPage, **REFUSALS}, auth=WHOLE, summary="Audit entries, newest first")
def audit(request: HttpRequest, before: int | None = None, limit: Limit = 50) -> dict[str, Any]:
    return newest_first(Entry.objects.all(), before, limit, lambda row: row)
