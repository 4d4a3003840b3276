"""Ports that idle, off the database: a page of them, and sums by site; those of hosts that the person sees.

Which ones idle is written down as hosts answer (`recording`), so that nobody has to weigh every port of the fleet.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from inventory.paging import clean
from inventory.rights import on_hosts_seen_by
from networking.idle import IdlePort, idle_ports
from networking.models import Nic
from networking.plugged import rows_of
from networking.topology import natural
from people.actor import Actor

ORDER = ("host__site", "host__name", "name")


@dataclass(frozen=True, slots=True)
class Sum:
    """Idle ports of one site, or in all; `price` is None where no price per port is set."""

    ports: int
    price: Decimal | None
    site: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Ports by site, host and name; `after` is where the next page begins, empty at the end."""

    ports: list[IdlePort]
    after: str


def idling(actor: Actor, site: str = "") -> QuerySet[Nic]:
    rows = on_hosts_seen_by(actor, Nic.objects.filter(idle=True))
    return rows.filter(host__site=site) if site else rows


def sums(rows: QuerySet[Nic]) -> list[Sum]:
    """By site, in the order that people count in."""
    found = rows.order_by().values_list("host__site").annotate(count=Count("*"))
    return [_sum(count, site) for site, count in sorted(found, key=lambda one: natural(one[0]))]


def in_all(sites: list[Sum]) -> Sum:
    return _sum(sum(site.ports for site in sites))


def _sum(ports: int, site: str = "") -> Sum:
    price: Decimal | None = settings.PORT_PRICE
    return Sum(ports, None if price is None else price * ports, site)


def page_of(rows: QuerySet[Nic], after: str, size: int) -> Page:
    """The ports that follow `site|host|nic`; two queries."""
    parts = clean(after).rsplit("|", 2)
    if len(parts) == 3:
        site, host, nic = parts
        later = Q(host__site__gt=site) | Q(host__site=site, host__name__gt=host)
        rows = rows.filter(later | Q(host__site=site, host__name=host, name__gt=nic), host__site__gte=site)
    keys = list(rows.order_by(*ORDER).values_list("pk", "bond", *ORDER)[: size + 1])
    shown = {pk for pk, *_ in keys[:size]}
    bonds = {bond for _, bond, *_ in keys[:size] if bond}
    beside = Nic.objects.filter(Q(pk__in=shown) | Q(bond__in=bonds)).order_by(*ORDER)
    places = {tuple(place) for _, _, *place in keys[:size]}
    found = [one for one in idle_ports(rows_of(beside)) if (one.port.site, one.port.host, one.port.nic) in places]
    return Page(found, "|".join(keys[size - 1][2:]) if len(keys) > size else "")
