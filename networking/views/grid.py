"""The grid: one cell a bond, worst first, in groups; and what has changed since a page was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from inventory.rights import on_hosts_seen_by
from networking.bonding.states import HEALTH_LABELS, WORST_FIRST
from networking.models import Bond, Nic
from networking.selectors import LADDER, Filters, bond_list, counts, sites
from networking.views.bonds import head, row_of
from people.access import Request, requires
from people.actor import Actor
from people.roles import Role

GROUPS = {"site": "site", "rack": "rack", "switch": "switch of the active port"}
NOWHERE = "not said"
OVERLAP = timedelta(seconds=5)
"""A change is written a moment after the time it bears; what is told twice does no harm."""

MOST_CHANGES = 2000
MOST_CELLS = 10_000
"""On one page; what is better than the worst of them stands on the next."""
LABELS = [HEALTH_LABELS[state] for state in WORST_FIRST]
SHORT = [(label.glyph, label.word) for label in LABELS]


@dataclass(frozen=True, slots=True)
class Group:
    """Bonds of one site, rack or switch: its name, the states in it, and all cells as HTML."""

    name: str
    states: list[tuple[str, str, int]]
    cells: SafeString
    count: int


@requires(Role.VIEWER)
def grid(request: Request) -> HttpResponse:
    filters = Filters.of(request.GET)
    by = request.GET.get("by", "site")
    by = by if by in GROUPS else "site"
    moment = timezone.now()
    page = LADDER.page(cells(request.actor, filters), request.GET, MOST_CELLS)
    context = {
        "page": page,
        "groups": list(groups(page.rows, by)),
        "by": by,
        "groupings": GROUPS.items(),
        "filters": filters,
        "states": [(state.value, label) for state, label in HEALTH_LABELS.items()],
        "counts": counts(request.actor),
        "sites": sites(request.actor),
        "cursor": (moment - OVERLAP).isoformat(),
        "moment": moment,
        **head(request),
    }
    return render(request, "networking/grid.html", context)


def cells(actor: Actor, filters: Filters) -> QuerySet[Any, Any]:
    """What a cell shows of each bond, and no model: there are 10,000 of them."""
    columns = ("pk", "rank", "since", "name", "host__name", "host__site", "host__rack")
    return bond_list(actor, filters).select_related(None).values_list(*columns, named=True)


def groups(rows: Sequence[Any], by: str) -> Iterator[Group]:
    """Groups with the worst bond first, each with its worst first. Cells are put together by hand."""
    switches = _active_switches([row.pk for row in rows]) if by == "switch" else {}
    found: dict[str, list[tuple[int, int, str, str]]] = {}
    for pk, rank, _, name, host, site, rack in rows:
        group = site if by == "site" else f"{site} {rack}".strip() if by == "rack" else switches.get(pk, "")
        found.setdefault(group or NOWHERE, []).append((pk, rank, name, host))
    for group, members in found.items():
        ranks = Counter(rank for _, rank, _, _ in members)
        states = [(*SHORT[rank], ranks[rank]) for rank in sorted(ranks)]
        yield Group(group, states, _cells(members), len(members))


def _active_switches(bonds: list[int]) -> dict[int, str]:
    rows = Nic.objects.filter(active=True, bond__in=bonds).exclude(switch="").order_by()
    return dict(rows.values_list("bond_id", "switch"))


def _cells(members: list[tuple[int, int, str, str]]) -> SafeString:
    """`<a id="b7" class="cell s3" …>⇤</a>`: glyph inside, state and names for those who do not see it."""
    start = reverse("bonds") + "of/"
    glyphs = [escape(glyph) for glyph, _ in SHORT]
    parts = []
    for pk, rank, name, host in members:
        told = escape(f"{host} {name}: {SHORT[rank][1]}")
        href = f"{start}{quote(host, safe='')}/{quote(name, safe='')}/"
        parts.append(f'<a id="b{pk}" class="cell s{rank}" href="{href}" aria-label="{told}">{glyphs[rank]}</a>')
    return mark_safe("".join(parts))  # noqa: S308 - each value is escaped above


@requires(Role.VIEWER)
def grid_changes(request: Request) -> JsonResponse:
    """What has changed since `since`: [number, rank] of each bond; rank -1 for one that is gone."""
    now = timezone.now()
    try:
        since = datetime.fromisoformat(request.GET.get("since", "").replace(" ", "+"))
    except ValueError:
        since = now
    since = since if timezone.is_aware(since) else now
    rows = on_hosts_seen_by(request.actor, Bond.objects.filter(changed_at__gt=since)).order_by("changed_at", "pk")
    cells = [
        [pk, rank if there else -1] for pk, rank, there in rows.values_list("pk", "rank", "present")[:MOST_CHANGES]
    ]
    more = len(cells) == MOST_CHANGES
    return JsonResponse({"cursor": (now - OVERLAP).isoformat(), "cells": cells, "reload": more})


@requires(Role.VIEWER)
def grid_tip(request: Request, pk: int) -> HttpResponse:
    """What a cell stands for: the sentence, and the drawing."""
    row = on_hosts_seen_by(request.actor, Bond.objects.select_related("host", "host__network")).filter(pk=pk).first()
    if row is None:
        raise Http404("There is no such bond any more.")
    return render(request, "networking/_tip.html", {"row": row_of(row)})
