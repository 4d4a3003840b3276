"""The fleet's bonds over the API: the same rows, filters and sentences as the pages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from ninja import Router, Schema, Status

from api.auth import Bearer, seer
from api.paging import Limit, worst_first
from api.problems import REFUSALS, FieldErrors
from inventory.rights import error_told
from inventory.selectors import host_by_name
from networking.asking import NothingToAsk, ask
from networking.idling import idling, in_all, page_of, sums
from networking.models import Bond, HostNetwork
from networking.plugged import rows_at_switch, rows_of_site
from networking.selectors import LADDER, Filters, bond_list
from networking.topology import Effect, Impact, PortRow, Switch, impact, topology
from people.roles import Role

router = Router(tags=["bonds"])


class PortOut(Schema):
    """Speeds in Mb/s; `failures` since it was enslaved, `new` within the last day."""

    name: str
    permanent_address: str
    mii_status: str
    speed_mbps: int | None
    nominal_mbps: int | None
    failures: int
    new: int
    active: bool
    primary: bool
    switch: str
    switch_port: str


class FindingOut(Schema):
    state: str
    sentence: str
    evidence: list[str]


class BondOut(Schema):
    """A bond as last seen: `health` is its worst finding's state, `since` when it came into it. `untold` is why nobody
    can tell whether its files say the same; empty where that is known."""

    host: str
    name: str
    simulated: bool
    health: str
    sentence: str
    findings: list[FindingOut]
    untold: str
    since: datetime
    seen_at: datetime | None
    mode: str
    miimon: int | None
    primary: str
    primary_reselect: str
    active: str
    active_mbps: int | None
    active_nominal_mbps: int | None
    failures_hour: int
    failures_day: int
    addresses: list[str]
    ports: list[PortOut]


class BondPage(Schema):
    items: list[BondOut]
    after: str | None = None


class HostBonds(Schema):
    """What the host told last, and why it gave no answer since, if so."""

    seen_at: datetime | None
    error: str
    bonds: list[BondOut]


class AskedOut(Schema):
    """How many hosts will be asked, and since when the wish counts."""

    hosts: int
    asked_at: datetime


class EffectOut(Schema):
    host: str
    bond: str
    nic: str
    sentence: str
    certain: bool


class SwitchOut(Schema):
    """A switch by LLDP, and how many lose what if it dies."""

    name: str
    racks: list[str]
    ports: int
    hosts: list[str]
    goes_dark: int
    fails_over: int
    loses_standby: int


class SiteTopology(Schema):
    site: str
    switches: list[SwitchOut]
    one_switch: list[dict[str, str]]
    silent: int


class PlugOut(Schema):
    """A port of a host at a switch, in the switch's order."""

    switch_port: str
    host: str
    nic: str
    bond: str
    active: bool
    up: bool
    speed_mbps: int | None
    nominal_mbps: int | None


class SwitchTopology(Schema):
    name: str
    ports: list[PlugOut]
    goes_dark: list[EffectOut]
    fails_over: list[EffectOut]
    loses_standby: list[EffectOut]


class IdleOut(Schema):
    host: str
    site: str
    bond: str
    nic: str
    nominal_mbps: int | None
    switch: str
    switch_port: str
    why: str
    sentence: str


class IdlePage(Schema):
    """`count` and `price` are of all pages; a price is None where none is set."""

    items: list[IdleOut]
    count: int
    price: Decimal | None
    price_per_port: Decimal | None
    currency: str
    after: str | None = None


@router.get("/bonds", response={200: BondPage, **REFUSALS}, summary="Bonds, worst first")
def bonds(
    request: HttpRequest,
    health: str = "",
    site: str = "",
    switch: str = "",
    text: str = "",
    after: str = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """`after` is what the answer before gave; `health` one of the states that bonds have."""
    return worst_first(bond_list(seer(request), Filters(health, site, switch, text)), LADDER, after, limit, bond_out)


@router.post(
    "/bonds/ask",
    response={202: AskedOut, **REFUSALS},
    summary="Have every host asked for its bonds now",
    auth=Bearer(Role.REQUESTER, Role.OPERATOR, Role.ADMINISTRATOR, whole=True),
)
def bonds_ask(request: HttpRequest) -> Status[Any]:
    return _asked(request, None)


@router.get("/hosts/{name}/bonds", response={200: HostBonds, **REFUSALS}, summary="The bonds of one host")
def host_bonds(request: HttpRequest, name: str) -> dict[str, Any]:
    actor = seer(request)
    host = host_by_name(name, actor)
    row = HostNetwork.objects.filter(host=host).first()
    rows = Bond.objects.there().filter(host=host).select_related("host", "host__network").order_by("name")
    error = error_told(actor, host, row.error) if row else ""
    return {"seen_at": row.seen_at if row else None, "error": error, "bonds": [bond_out(bond) for bond in rows]}


@router.post(
    "/hosts/{name}/bonds/ask",
    response={202: AskedOut, **REFUSALS},
    summary="Have one host asked for its bonds now",
    auth=Bearer(Role.REQUESTER, Role.OPERATOR, Role.ADMINISTRATOR),
)
def host_bonds_ask(request: HttpRequest, name: str) -> Status[Any]:
    return _asked(request, name)


@router.get("/topology", response={200: SiteTopology, **REFUSALS}, summary="Switches of a site, by LLDP")
def site_topology(request: HttpRequest, site: str = "") -> dict[str, Any]:
    """Hosts without a site are the site of the empty name."""
    found = topology(rows_of_site(seer(request), site))
    return {
        "site": site,
        "switches": [_switch_out(impact(found, one.name), one) for one in found.switches],
        "one_switch": [{"host": host, "bond": bond, "switch": name} for host, bond, name in found.one_switch],
        "silent": len(found.silent),
    }


@router.get(
    "/topology/{path:switch}",
    response={200: SwitchTopology, **REFUSALS},
    summary="One switch, and what would fail over or go dark if it died",
)
def switch_topology(request: HttpRequest, switch: str) -> dict[str, Any]:
    found = topology(rows_at_switch(seer(request), switch))
    one = found.switch(switch)
    if one is None:
        raise Http404(f"No port hears a switch called {switch}.")
    told = impact(found, switch)
    return {
        "name": one.name,
        "ports": [plug_out(row) for row in one.ports],
        **{name: [_effect_out(effect) for effect in getattr(told, name)] for name in IMPACTS},
    }


@router.get("/idle-ports", response={200: IdlePage, **REFUSALS}, summary="10 Gb/s ports that idle, and what they cost")
def idle(request: HttpRequest, site: str = "", after: str = "", limit: Limit = 100) -> dict[str, Any]:
    rows = idling(seer(request), site)
    page, found = page_of(rows, after, limit), in_all(sums(rows))
    return {
        "items": [
            {
                **{name: getattr(row.port, name) for name in ("host", "site", "bond", "nic", "nominal_mbps")},
                **{"switch": row.port.switch, "switch_port": row.port.switch_port},
                **{"why": row.why.value, "sentence": row.sentence},
            }
            for row in page.ports
        ],
        "count": found.ports,
        "price": found.price,
        "price_per_port": settings.PORT_PRICE,
        "currency": settings.PORT_CURRENCY,
        "after": page.after or None,
    }


IMPACTS = ("goes_dark", "fails_over", "loses_standby")
COLUMNS = (
    *("name", "sentence", "findings", "untold", "since", "mode", "miimon", "primary", "primary_reselect", "active"),
    *("active_mbps", "active_nominal_mbps", "failures_hour", "failures_day", "addresses", "ports"),
)


def bond_out(bond: Bond) -> dict[str, Any]:
    network = getattr(bond.host, "network", None)
    return {
        **{name: getattr(bond, name) for name in COLUMNS},
        "host": bond.host.name,
        "simulated": bond.host.simulated,
        "health": bond.state,
        "seen_at": network.seen_at if network else None,
    }


def plug_out(row: PortRow) -> dict[str, Any]:
    names = ("switch_port", "host", "nic", "bond", "active", "up", "speed_mbps", "nominal_mbps")
    return {name: getattr(row, name) for name in names}


def _switch_out(told: Impact, one: Switch) -> dict[str, Any]:
    return {
        "name": one.name,
        "racks": [rack for _, rack in one.racks],
        "ports": len(one.ports),
        "hosts": list(one.hosts),
        **{name: len(getattr(told, name)) for name in IMPACTS},
    }


def _effect_out(effect: Effect) -> dict[str, Any]:
    names = ("host", "bond", "sentence", "certain")
    return {**{name: getattr(effect, name) for name in names}, "nic": effect.port.nic}


def _asked(request: HttpRequest, name: str | None) -> Status[Any]:
    try:
        wish = ask(host_by_name(name, seer(request)) if name else None, seer(request))
    except NothingToAsk as error:
        raise FieldErrors({"host": [str(error)]}) from error
    return Status(202, {"hosts": wish.total, "asked_at": wish.asked_at})
