"""Switches as LLDP tells them: bars with their ports in order, and what fails over or goes dark when one dies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Window
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from inventory.paging import clean
from networking.plugged import hearing_nobody, on_one_switch, rows_at_switch, rows_at_switches, switch_names
from networking.selectors import sites
from networking.topology import Effect, Impact, PortRow, Switch, Topology, impact, natural, topology
from networking.views.bonds import head
from networking.wording import against_nominal, speed_words
from people.access import Request, requires
from people.roles import Role

PAGE, MOST = 12, 50
EVERY = "*"
ROLES = {
    "active": ("●", "carries a bond's traffic"),
    "standby": ("○", "stands by"),
    "single": ("◆", "in use, in no bond"),
    "idle": ("·", "in no use"),
    "dead": ("✕", "no link"),
}
"""What a port does: glyph and words; the class of its cell is the key."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A port of a switch on its bar."""

    row: PortRow
    role: str
    glyph: str
    words: str
    speed: str

    @property
    def told(self) -> str:
        return f"{self.row.switch_port}: {self.row.host} {self.row.nic}, {self.words}, {self.speed}"


@dataclass(frozen=True, slots=True)
class Bar:
    """A switch with its ports in order, and what its death would do, in numbers and in full."""

    switch: Switch
    cells: tuple[Cell, ...]
    impact: Impact

    @property
    def dark(self) -> int:
        return len(self.impact.goes_dark)

    @property
    def over(self) -> int:
        return len(self.impact.fails_over)

    @property
    def standby(self) -> int:
        return len(self.impact.loses_standby)


@dataclass(frozen=True, slots=True)
class Rack:
    """The switches whose hosts stand in one rack; `name` holds several where a switch serves more than one."""

    name: str
    bars: tuple[Bar, ...]


@requires(Role.VIEWER)
def switches(request: Request) -> HttpResponse:
    """The switches of a site, or of all (`site=*`), some at a time, by rack: as bars, or as a table (`view=table`)."""
    actor, known = request.actor, sites(request.actor)
    site = clean(request.GET.get("site", "")) or (known[0] if known else EVERY)
    only = "" if site == EVERY else site
    names = switch_names(actor, only)
    page, after = page_of(names, clean(request.GET.get("after", "")))
    found = topology(rows_at_switches(actor, page))
    silent, silent_count = _some(hearing_nobody(actor, only))
    one_switch, one_switch_count = _some(on_one_switch(actor, only))
    context = {
        "site": site,
        "sites": known,
        "every": EVERY,
        "count": len(names),
        "racks": list(racks((one for one in map(found.switch, page) if one), found)),
        "next": f"?{urlencode(_query(request, site) | {'after': after})}" if after else "",
        "first": f"?{urlencode(_query(request, site))}" if request.GET.get("after") else "",
        "table": request.GET.get("view") == "table",
        "roles": [(key, glyph, words) for key, (glyph, words) in ROLES.items()],
        "one_switch": one_switch,
        "one_switch_count": one_switch_count,
        "silent": silent,
        "silent_count": silent_count,
        **head(request),
    }
    return render(request, "networking/switches.html", context)


def _some(rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """The first of them, and how many there are; one query."""
    found = list(rows.select_related("host").annotate(in_all=Window(Count("*"))).order_by("host__name", "name")[:MOST])
    return found, found[0].in_all if found else 0


def _query(request: Request, site: str) -> dict[str, str]:
    return {"site": site} | ({"view": "table"} if request.GET.get("view") == "table" else {})


def page_of(names: list[str], after: str, size: int = PAGE) -> tuple[list[str], str]:
    """The names behind one, in the order that people count in, and the one to go on from; empty at the end."""
    behind = (natural(after), after)
    rest = [name for name in names if (natural(name), name) > behind] if after else names
    return rest[:size], rest[size - 1] if len(rest) > size else ""


@requires(Role.VIEWER)
def switch(request: Request, name: str) -> HttpResponse:
    """One switch: its ports in order with the hosts under them, and what would happen if it died now."""
    found = topology(rows_at_switch(request.actor, name))
    chosen = found.switch(name)
    if chosen is None:
        raise Http404(f"No port hears a switch called {name}.")
    bar = bar_of(found, chosen)
    context = {
        "bar": bar,
        "roles": [(key, glyph, words) for key, (glyph, words) in ROLES.items()],
        "groups": [
            ("goes dark", "bad", "These are cut off: no other port of theirs is up.", _shown(bar.impact.goes_dark)),
            ("fails over", "warn", "These go on, over a port elsewhere.", _shown(bar.impact.fails_over)),
            ("loses what stands by", "neutral", "These go on and have no spare.", _shown(bar.impact.loses_standby)),
        ],
        "table": request.GET.get("view") == "table",
        **head(request),
    }
    return render(request, "networking/switch.html", context)


def _shown(effects: tuple[Effect, ...]) -> list[Effect]:
    """The gravest first: what is only supposed, then the slowest port that takes over."""
    return sorted(effects, key=lambda effect: (effect.certain, effect.port.speed_mbps or 0))


def racks(chosen: Iterable[Switch], found: Topology) -> Iterator[Rack]:
    by_rack: dict[str, list[Bar]] = {}
    for one in chosen:
        name = ", ".join(rack or "no rack said" for _, rack in one.racks)
        by_rack.setdefault(name, []).append(bar_of(found, one))
    for name in sorted(by_rack):
        yield Rack(name, tuple(by_rack[name]))


def bar_of(found: Topology, one: Switch) -> Bar:
    return Bar(one, tuple(map(cell_of, one.ports)), impact(found, one.name))


def cell_of(row: PortRow) -> Cell:
    role = "dead" if not row.up else "active" if row.bond and row.active else "standby" if row.bond else "idle"
    role = "single" if role == "idle" and row.used else role
    speed = against_nominal(row.speed_mbps, row.nominal_mbps) if row.up else speed_words(row.nominal_mbps)
    glyph, words = ROLES[role]
    words = {"active": f"carries {row.bond}", "standby": f"stands by for {row.bond}"}.get(role, words)
    return Cell(row, role, glyph, words, speed)
