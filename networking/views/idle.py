"""10 Gb/s ports that idle, and what they cost."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from inventory.paging import clean
from networking.idling import idling, in_all, page_of, sums
from networking.selectors import sites
from networking.views.bonds import head
from networking.wording import speed_words
from people.access import Request, requires
from people.roles import Role

PAGE = 100


def money(amount: Decimal | None) -> str:
    """An amount as people write it, with its unit: `1,234 EUR a year`; empty where no price is set."""
    if amount is None:
        return ""
    text = f"{amount:,.2f}".removesuffix(".00")
    return f"{text} {settings.PORT_CURRENCY}".strip()


@requires(Role.VIEWER)
def idle(request: Request) -> HttpResponse:
    site = clean(request.GET.get("site", ""))
    rows = idling(request.actor, site)
    page, by_site = page_of(rows, request.GET.get("after", ""), PAGE), sums(rows)
    found = in_all(by_site)
    context = {
        "count": found.ports,
        "sum": money(found.price),
        "price": money(settings.PORT_PRICE),
        "by_site": [(row, money(row.price)) for row in by_site],
        "ports": [(row, speed_words(row.port.nominal_mbps or row.port.speed_mbps)) for row in page.ports],
        "next": f"?{urlencode({'site': site, 'after': page.after})}" if page.after else "",
        "first": bool(request.GET.get("after")),
        "site": site,
        "sites": sites(request.actor),
        **head(request),
    }
    return render(request, "networking/idle.html", context)
