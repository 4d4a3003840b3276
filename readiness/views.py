"""“Will it come back?”: the fleet worst first, and all checks of one host."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from inventory.models import Host
from inventory.selectors import host_by_name
from people.access import Request, requires
from people.roles import Role
from readiness.at_risk import FORGOTTEN, forgotten
from readiness.lights import CHECK_LABELS, LABELS, WORST_FIRST
from readiness.panels import MAY_ASK, proof_url, reboot_url
from readiness.selectors import (
    LADDER,
    Filters,
    counts,
    criticalities,
    freshness,
    moves_of,
    proofs_of,
    readiness_list,
    readiness_of,
    sites,
)
from readiness.services import NothingToAsk, readiness_ask


@requires(Role.VIEWER)
def readiness(request: Request) -> HttpResponse:
    """Every host that is asked, worst first, and among the same those that are up for longest."""
    filters = Filters.of(request.GET)
    context = {
        "page": LADDER.page(readiness_list(request.actor, filters), request.GET),
        "filters": filters,
        "lights": [(light.value, LABELS[light]) for light in WORST_FIRST],
        "counts": counts(request.actor),
        "criticalities": criticalities(),
        "sites": sites(request.actor),
        "fresh": freshness(request.actor),
        "forgotten": forgotten(request.actor),
        "forgotten_query": FORGOTTEN,
    }
    return render(request, "readiness/list.html", context)


@requires(Role.VIEWER)
def readiness_host(request: Request, host: str) -> HttpResponse:
    """All checks of one host, each with what was seen."""
    machine = find_host(request, host)
    row = readiness_of(machine)
    context = {
        "host": machine,
        "row": row,
        "owned": machine.answers,
        "findings": [
            (finding, CHECK_LABELS[finding.light], [(point, CHECK_LABELS[point.light]) for point in finding.points])
            for finding in (row.found if row else [])
        ],
        "moves": moves_of(machine),
        "proofs": proofs_of(machine),
        "prove": proof_url(machine, request.actor),
        "may_ask": request.actor.may(*MAY_ASK),
        "reboot": reboot_url(machine, request.actor),
    }
    return render(request, "readiness/host.html", context)


@requires(*MAY_ASK, methods="POST")
def readiness_host_ask(request: Request, host: str) -> HttpResponse:
    """Have one host asked now; back to where one came from."""
    machine = find_host(request, host)
    try:
        readiness_ask(machine, request.actor)
    except NothingToAsk as error:
        messages.warning(request, str(error))
    return redirect("readiness_of", machine.name) if request.POST.get("back") == "checks" else redirect(machine)


def find_host(request: Request, name: str) -> Host:
    """The host, or 404, also where this person does not see it."""
    try:
        return host_by_name(name, request.actor)
    except Host.DoesNotExist:
        raise Http404(f"There is no host called {name}.") from None
