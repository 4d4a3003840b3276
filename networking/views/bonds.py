"""Bonds: the list, worst first; one bond; and having them seen now."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse

from changes.policy import may_request
from inventory.models import Host
from inventory.paging import clean, page_by_name
from inventory.panels import panels_for
from inventory.rights import hosts_seen_by, ways_told
from inventory.selectors import host_by_name
from networking import drawing
from networking.asking import NothingToAsk, ask
from networking.bonding.states import HEALTH_LABELS, HealthState
from networking.models import Bond
from networking.seen import PortSeen, port_of
from networking.selectors import (
    LADDER,
    Filters,
    bond_list,
    bond_of,
    counts,
    freshness,
    moves_of,
    progress,
    sites,
)
from networking.wording import against_nominal, policy_words
from people.access import Request, requires
from people.roles import Role


@dataclass(frozen=True, slots=True)
class Row:
    """A bond in a list: its row, its ports, its small drawing, its values in words."""

    bond: Bond
    ports: tuple[PortSeen, ...]
    drawing: drawing.Drawing
    speed: str
    policy: str


def row_of(bond: Bond) -> Row:
    ports = tuple(map(port_of, bond.ports))
    speed = against_nominal(bond.active_mbps, bond.active_nominal_mbps) if bond.active else ""
    return Row(bond, ports, drawing.small(bond.name, ports), speed, policy_words(bond.primary_reselect))


@requires(Role.VIEWER)
def bonds(request: Request) -> HttpResponse:
    """Every bond of the fleet, worst first, as far as the filters let it through."""
    filters = Filters.of(request.GET)
    page = LADDER.page(bond_list(request.actor, filters), request.GET)
    context = {
        "page": page,
        "rows": [row_of(bond) for bond in page.rows],
        "filters": filters,
        "states": [(state.value, label) for state, label in HEALTH_LABELS.items()],
        "counts": counts(request.actor),
        "sites": sites(request.actor),
        **head(request),
    }
    return render(request, "networking/bonds.html", context)


def head(request: Request) -> dict[str, object]:
    """What each of the fleet's pages shows above: how fresh all is, and who may have it asked, every host."""
    whole = request.actor.sees_all
    return {
        "fresh": freshness(request.actor),
        "progress": progress() if whole else None,
        "may_ask": whole and request.actor.may(Role.OPERATOR, Role.REQUESTER, Role.ADMINISTRATOR),
        "may_plan": may_request(request.actor).allowed,
    }


@requires(Role.VIEWER)
def fleet_progress(request: Request) -> HttpResponse:
    """The line that says how fresh all is, for a page that waits for a sweep."""
    return render(request, "networking/_fresh.html", head(request))


@requires(Role.VIEWER)
def silent(request: Request) -> HttpResponse:
    """Hosts that gave no answer when last asked, and why."""
    rows = ways_told(hosts_seen_by(request.actor), request.actor)
    rows = rows.filter(network__error__gt="").select_related("network")
    context = {"page": page_by_name(rows, request.GET), **head(request)}
    return render(request, "networking/silent.html", context)


@requires(Role.REQUESTER, Role.OPERATOR, Role.ADMINISTRATOR, methods="POST", whole=True)
def fleet_ask(request: Request) -> HttpResponse:
    """Have every host asked now."""
    try:
        ask(by=request.actor)
    except NothingToAsk as error:
        messages.warning(request, str(error))
    return redirect("bonds")


@requires(Role.VIEWER)
def bond(request: Request, host: str, name: str) -> HttpResponse:
    """One bond: drawn, judged, with its ports and what happened to it."""
    row = find_bond(request, host, name)
    before = request.GET.get("before", "")
    moves, older = moves_of(row, int(before) if before.isdecimal() and len(before) < 19 else None)
    ports = tuple(map(port_of, row.ports))
    context = {
        "bond": row,
        "network": getattr(row.host, "network", None),
        "row": row_of(row),
        "ports": [(port, against_nominal(port.speed_mbps, port.nominal_mbps)) for port in ports],
        "drawings": [drawing.wide(row.name, ports, row.addresses), drawing.tall(row.name, ports, row.addresses)],
        "more_findings": [(HEALTH_LABELS[HealthState(one["state"])], one["sentence"]) for one in row.findings[1:]],
        "moves": moves,
        "older": older,
        "later": bool(before),
        "progress": progress(row.host),
        "may_ask": request.actor.may(Role.OPERATOR, Role.REQUESTER, Role.ADMINISTRATOR),
        "panels": panels_for("bond", row, request.actor),
        "change_url": change_url(row) if request.actor.may(Role.REQUESTER) else "",
    }
    return render(request, "networking/bond.html", context)


@requires(Role.REQUESTER, Role.OPERATOR, Role.ADMINISTRATOR, methods="POST")
def host_ask(request: Request, host: str) -> HttpResponse:
    """Have one host asked now; back to where one came from, which is one of its bonds or its own page."""
    row = find_host(request, host)
    try:
        ask(row, request.actor)
    except NothingToAsk as error:
        messages.warning(request, str(error))
    name = clean(request.POST.get("bond", ""))
    there = Bond.objects.filter(host=row, name=name).first() if name else None
    return redirect(there or row)


def find_host(request: Request, name: str) -> Host:
    """The host, or 404, also where this person does not see it."""
    try:
        return host_by_name(name, request.actor)
    except Host.DoesNotExist:
        raise Http404(f"There is no host called {name}.") from None


def find_bond(request: Request, host: str, name: str) -> Bond:
    """The bond, or 404."""
    row = find_host(request, host)
    try:
        return bond_of(row, name)
    except Bond.DoesNotExist:
        raise Http404(f"{row} has no bond called {name}, or was not asked yet.") from None


def new_url(host: Host) -> str:
    """Where a new bond is asked for, once that kind of change is there; else nothing."""
    try:
        return f"{reverse('bond_new')}?host={host.name}"
    except NoReverseMatch:
        return ""


def change_url(row: Bond) -> str:
    """Where a change of this bond is asked for."""
    url = new_url(row.host)
    return f"{url}&bond={row.name}" if url and row.present else ""
