"""Kept filters of lists over the API: one's own, and those shared with everybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import seer
from api.paging import Limit, newest_first
from api.problems import REFUSALS, FieldErrors
from people.kept import KeepRefused, filter_drop, filter_keep, kept_changed_by, kept_seen_by, opened
from people.models import KeptFilter

router = Router(tags=["filters"])


class FilterIn(Schema):
    """`list` is hosts, vms, changes, bonds or audit; `query` is the query string of its page. An operator or an
    administrator may share it with everybody."""

    list: str
    name: str
    query: str
    shared: bool = False


class FilterOut(Schema):
    """`query` is what of it the list still knows, `left_out` the rest, each as `word=value`; `by` keeps it."""

    id: int
    list: str
    name: str
    query: str
    left_out: tuple[str, ...]
    shared: bool
    by: str


class FilterPage(Schema):
    items: list[FilterOut]
    before: int | None = None


@router.get("", response={200: FilterPage, **REFUSALS}, summary="Your kept filters and shared ones, newest first")
def filters(request: HttpRequest, before: int | None = None, limit: Limit = 50) -> dict[str, Any]:
    return newest_first(kept_seen_by(seer(request)), before, limit, _filter)


@router.post("", response={201: FilterOut, **REFUSALS}, summary="Keep a filter of a list")
def keep(request: HttpRequest, body: FilterIn) -> Status[dict[str, Any]]:
    by = seer(request)
    try:
        row = filter_keep(by, body.list, body.name, body.query, shared=body.shared)
    except KeepRefused as refused:
        raise FieldErrors({refused.field: [str(refused)]}) from refused
    return Status(201, _filter(kept_seen_by(by).get(pk=row.pk)))


@router.post("/{number}/drop", response={200: FilterOut, **REFUSALS}, summary="Delete a kept filter")
def drop(request: HttpRequest, number: int) -> dict[str, Any]:
    """The answer is what it was."""
    by = seer(request)
    row = kept_changed_by(by).get(pk=number)
    gone = _filter(row)
    filter_drop(row, by)
    return gone


def _filter(row: KeptFilter) -> dict[str, Any]:
    now = opened(row)
    plain = {"id": row.pk, "list": row.page, "name": row.name, "shared": row.shared, "by": row.user.username}
    return {**plain, "query": now.query, "left_out": now.left_out}
