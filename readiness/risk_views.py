"""“At risk”: hosts whose reboot would be found out about too late, worst first."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from inventory.unowned import NOBODYS
from people.access import Request, requires
from people.roles import Role
from readiness.at_risk import FORGOTTEN, LADDER, Filters, as_now, counts, risk_list, sites


@requires(Role.VIEWER)
def risk(request: Request) -> HttpResponse:
    """Every host that the person sees, with what makes it bad and where to go on."""
    filters, now = Filters.of(request.GET), timezone.now()
    page = LADDER.page(risk_list(request.actor, filters), request.GET)
    context = {
        "page": page,
        "rows": [as_now(row, now, request.actor) for row in page.rows],
        "filters": filters,
        "counts": counts(request.actor),
        "sites": sites(request.actor),
        "nobodys": NOBODYS,
        "forgotten": FORGOTTEN,
    }
    return render(request, "readiness/risk.html", context)
