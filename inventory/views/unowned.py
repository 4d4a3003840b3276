"""Whose machine is it? Those that nobody answers for, worst first."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from inventory import unowned as listing
from inventory.ownership import Cursor
from inventory.paging import filters
from people.access import Request, requires
from people.roles import Role


@requires(Role.VIEWER)
def unowned(request: Request) -> HttpResponse:
    chosen = filters(request.GET, "which", "after")
    which = chosen["which"] if chosen["which"] in listing.WHICH else ""
    context = {
        "page": listing.page(request.actor, which, Cursor.read(chosen["after"])),
        "counts": listing.counts(request.actor),
        "which": which,
        "deeper": bool(chosen["after"]),
        "days": settings.CONFIRM_DAYS,
        "mail": settings.MAIL_READY,
    }
    return render(request, "inventory/unowned.html", context)
