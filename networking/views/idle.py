"""10 Gb/s ports that idle, and what they cost."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from inventory.paging import clean
from networking.idle import IdlePort, idle_ports
from networking.plugged import rows_fast
from networking.selectors import sites
from networking.topology import natural
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
    found = idle_ports(rows_fast(request.actor, site), settings.PORT_PRICE)
    page, following = page_of(found.ports, clean(request.GET.get("after", "")))
    context = {
        "found": found,
        "count": len(found),
        "sum": money(found.price),
        "price": money(settings.PORT_PRICE),
        "by_site": [(row, money(row.price)) for row in found.sites],
        "ports": [(row, speed_words(row.port.nominal_mbps or row.port.speed_mbps)) for row in page],
        "next": f"?{urlencode({'site': site, 'after': following})}" if following else "",
        "first": bool(request.GET.get("after")),
        "site": site,
        "sites": sites(request.actor),
        **head(request),
    }
    return render(request, "networking/idle.html", context)


def page_of(ports: tuple[IdlePort, ...], after: str, size: int = PAGE) -> tuple[list[IdlePort], str]:
    """The ports that follow `site|host|nic`, and where the next page begins; ports are in that order already."""
    parts = after.split("|")
    place = tuple(map(natural, parts)) if len(parts) == 3 else ()
    rest = [row for row in ports if not place or _place(row) > place]
    page = rest[:size]
    last = page[-1].port if len(rest) > size else None
    return page, f"{last.site}|{last.host}|{last.nic}" if last else ""


def _place(row: IdlePort) -> tuple[object, ...]:
    return natural(row.port.site), natural(row.port.host), natural(row.port.nic)
