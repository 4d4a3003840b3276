"""Machines without an owner, and those whose owner has not said "still mine" for too long; worst first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from inventory.models import Host, Vm
from inventory.ownership import Cursor, score_of, worst_first
from inventory.rights import hosts_seen_by, vms_seen_by
from inventory.states import Criticality, Label
from people.actor import Actor

PAGE = 50
NOBODYS = Label("?", "nobody's", "bad")
UNCONFIRMED = Label("◔", "not confirmed", "wait")
CONFIRMED = Label("✓", "confirmed", "ok")
WHICH = {"nobody": "without an owner", "unconfirmed": "not confirmed"}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many machines have no owner, and how many an owner who has not said so for too long."""

    nobody: int
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class Rows:
    """One page; `next` is a query string, or None at the end."""

    rows: list[dict[str, Any]]
    next: str | None


def counts(actor: Actor, at: datetime | None = None) -> Counts:
    """Of what the person sees; one query over both tables."""
    at = at or timezone.now()
    word = Case(
        When(owner__isnull=True, then=Value("nobody")),
        When(_unconfirmed(at), then=Value("unconfirmed")),
        default=Value(""),
    )
    first, *others = (
        rows.order_by().values(word=word).annotate(count=Count("pk")).values_list("word", "count")
        for rows in _seen_by(actor).values()
    )
    found: Counter[str] = Counter()
    for each, count in first.union(*others, all=True):
        found[each] += count
    return Counts(found["nobody"], found["unconfirmed"])


def page(actor: Actor, which: str = "", cursor: Cursor | None = None, size: int = PAGE) -> Rows:
    """Machines that the person sees and that want an owner's word (`which` of WHICH, else both), from the cursor on."""
    at = cursor.at if cursor else timezone.now()
    lists = [
        (kind, _class(kind, rows.filter(_of(which, at)), level, at, cursor)[: size + 1])
        for kind, rows in _seen_by(actor).items()
        for level in Criticality
    ]
    found = worst_first(lists, at, size + 1)
    shown = [{"kind": kind, "row": row, "label": label_of(row, at)} for kind, row in found[:size]]
    if len(found) <= size:
        return Rows(shown, None)
    kind, last = found[size - 1]
    after = Cursor(at, score_of(last, at), kind, last.pk).text
    return Rows(shown, f"?which={which}&after={after}" if which else f"?after={after}")


def due(at: datetime) -> Q:
    """Whose owner wants to be asked by now: not confirmed in the period, nor asked in it."""
    asked = Q(asked_at__isnull=True) | Q(asked_at__lt=at - period())
    return Q(owner__isnull=False) & _unconfirmed(at) & asked


def hosts_of_their_own() -> QuerySet[Host]:
    """Hosts that answer for themselves: no VM says whose they are."""
    return Host.objects.filter(vm__isnull=True)


def period() -> timedelta:
    return timedelta(days=settings.CONFIRM_DAYS)


def label_of(row: Vm | Host, at: datetime | None = None) -> Label:
    if row.owner_id is None:
        return NOBODYS
    late = row.confirmed_at is None or row.confirmed_at < (at or timezone.now()) - period()
    return UNCONFIRMED if late else CONFIRMED


def _seen_by(actor: Actor) -> dict[str, QuerySet[Any]]:
    return {
        "host": hosts_seen_by(actor).filter(vm__isnull=True),
        "vm": vms_seen_by(actor).select_related("host"),
    }


def _unconfirmed(at: datetime) -> Q:
    return Q(confirmed_at__isnull=True) | Q(confirmed_at__lt=at - period())


def _of(which: str, at: datetime) -> Q:
    nobody = Q(owner__isnull=True)
    if which == "nobody":
        return nobody
    late = ~nobody & _unconfirmed(at)
    return late if which == "unconfirmed" else nobody | late


def _class(kind: str, rows: QuerySet[Any], level: Criticality, at: datetime, cursor: Cursor | None) -> QuerySet[Any]:
    """One table's rows of one criticality, longest first, after the cursor; an index has them in this order."""
    rows = rows.filter(criticality=level, waits_since__lte=at).select_related("owner").order_by("waits_since", "pk")
    if cursor is None:
        return rows
    beyond = cursor.beyond(level)
    if beyond is None:
        return rows
    since, tie = beyond
    later = Q(waits_since__gt=since)
    if not tie:
        # The score lies between two microseconds: `since` is the later of the two, and comes after the cursor.
        return rows.filter(later | Q(waits_since=since))
    if kind > cursor.kind:
        later |= Q(waits_since=since)
    elif kind == cursor.kind:
        later |= Q(waits_since=since, pk__gt=cursor.pk)
    return rows.filter(later)
