"""Switches as LLDP tells them: bars with their ports in order, and what fails over or goes dark when one dies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render

from inventory.paging import clean
from networking.plugged import rows_at_switch, rows_of_site
from networking.selectors import sites
from networking.topology import Effect, Impact, PortRow, Switch, Topology, impact, topology
from networking.views.bonds import head
from networking.wording import against_nominal, speed_words
from people.access import Request, requires
from people.roles import Role

MOST = 50
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
    """Every switch of a site, by rack: as bars, or as a table (`view=table`)."""
    known = sites(request.actor)
    site = clean(request.GET.get("site", "")) or (known[0] if known else "")
    found = topology(rows_of_site(request.actor, site))
    context = {
        "site": site,
        "sites": known,
        "racks": list(racks(found)),
        "table": request.GET.get("view") == "table",
        "roles": [(key, glyph, words) for key, (glyph, words) in ROLES.items()],
        "one_switch": found.one_switch[:MOST],
        "one_switch_count": len(found.one_switch),
        "silent": found.silent[:MOST],
        "silent_count": len(found.silent),
        **head(request),
    }
    return render(request, "networking/switches.html", context)


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


def racks(found: Topology) -> Iterator[Rack]:
    by_rack: dict[str, list[Bar]] = {}
    for one in found.switches:
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
