"""Machines without an owner, and those whose owner has not said "still mine" for too long; worst first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, Q, QuerySet, Value
from django.utils import timezone

from inventory.counting import counted
from inventory.models import OF_ITSELF, OWNED, UNOWNED, Host, Vm
from inventory.ownership import Cursor, Standing, score_of, worst_first
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
    seen, late = _seen_by(actor).items(), _late(at or timezone.now())
    found = counted(
        **{f"nobody {kind}": (rows.filter(UNOWNED), Count("*")) for kind, rows in seen},
        **{f"unconfirmed {kind}": (rows.filter(late), Count("*")) for kind, rows in seen},
    )
    return Counts(*(sum(found[f"{which} {kind}"] for kind, _ in seen) for which in WHICH))


def page(actor: Actor, which: str = "", cursor: Cursor | None = None, size: int = PAGE) -> Rows:
    """Machines that the person sees and that want an owner's word (`which` of WHICH, else both), from the cursor on.

    Three queries: which they are, and the rows of either table.
    """
    at = cursor.at if cursor else timezone.now()
    wanted = [_of(each, at) for each in ([which] if which else WHICH)]
    seen = _seen_by(actor)
    lists = [
        (kind, _class(kind, rows.filter(condition), level, at, cursor)[: size + 1])
        for kind, rows in seen.items()
        for condition in wanted
        for level in Criticality
    ]
    found = worst_first(_standing(lists), at)[: size + 1]
    rows = {
        kind: seen[kind].select_related("owner").in_bulk([one.pk for one in found if one.kind == kind]) for kind in seen
    }
    shown = [
        {"kind": one.kind, "row": row, "label": label_of(row, at)}
        for one in found[:size]
        if (row := rows[one.kind].get(one.pk))
    ]
    if len(found) <= size:
        return Rows(shown, None)
    last = found[size - 1]
    after = Cursor(at, score_of(last, at), last.kind, last.pk).text
    return Rows(shown, f"?which={which}&after={after}" if which else f"?after={after}")


def _standing(lists: list[tuple[str, QuerySet[Any]]]) -> list[Standing]:
    """The rows of all the lists, each of which an index has in order; one query.

    A part of a union may have no limit of its own on SQLite, hence the list within it.
    """
    first, *others = (
        rows.model._default_manager.filter(pk__in=rows.values("pk"))
        .order_by()
        .values_list(Value(kind, CharField()), "pk", "criticality", "waits_since")
        for kind, rows in lists
    )
    return [Standing(*row) for row in first.union(*others, all=True)]


def due(at: datetime) -> Q:
    """Whose owner wants to be asked by now: not confirmed in the period, nor asked in it."""
    asked = Q(asked_at__isnull=True) | Q(asked_at__lt=at - period())
    return _late(at) & asked


def hosts_of_their_own() -> QuerySet[Host]:
    """Hosts that answer for themselves: no VM says whose they are."""
    return Host.objects.filter(OF_ITSELF)


def period() -> timedelta:
    return timedelta(days=settings.CONFIRM_DAYS)


def label_of(row: Vm | Host, at: datetime | None = None) -> Label:
    if row.owner_id is None:
        return NOBODYS
    late = row.confirmed_at is None or row.confirmed_at < (at or timezone.now()) - period()
    return UNCONFIRMED if late else CONFIRMED


def _seen_by(actor: Actor) -> dict[str, QuerySet[Any]]:
    return {"host": hosts_seen_by(actor).filter(OF_ITSELF), "vm": vms_seen_by(actor)}


def _late(at: datetime) -> Q:
    """Whose owner has not said so for too long."""
    return OWNED & _unconfirmed(at)


def _unconfirmed(at: datetime) -> Q:
    return Q(confirmed_at__isnull=True) | Q(confirmed_at__lt=at - period())


def _of(which: str, at: datetime) -> Q:
    return UNOWNED if which == "nobody" else _late(at)


def _class(kind: str, rows: QuerySet[Any], level: Criticality, at: datetime, cursor: Cursor | None) -> QuerySet[Any]:
    """One table's rows of one criticality, longest first, after the cursor; an index has them in this order."""
    rows = rows.filter(criticality=level, waits_since__lte=at).order_by("waits_since", "pk")
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
