"""Rows of ports for `topology`, and which switches there are: those of hosts that the person sees."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db import connection
from django.db.models import Q, QuerySet

from inventory.rights import on_hosts_seen_by
from networking.models import HEARS_NOBODY, Bond, Nic
from networking.topology import PortRow, natural
from people.actor import Actor

COLUMNS = (
    *("host__name", "name", "host__site", "host__rack", "bond__name", "active", "carrier", "used"),
    *("speed_mbps", "nominal_mbps", "switch", "switch_port"),
)


SWITCHES = """
    WITH RECURSIVE one(name) AS (
        SELECT MIN(switch) FROM networking_nic WHERE switch > ''
        UNION ALL
        SELECT (SELECT MIN(switch) FROM networking_nic WHERE switch > one.name) FROM one WHERE one.name IS NOT NULL
    )
    SELECT name FROM one WHERE name IS NOT NULL
"""
"""From each switch to the next by the index of them."""


def rows_of_site(actor: Actor, site: str) -> Iterator[PortRow]:
    """Every port of a site's hosts that hangs on a switch, is in a bond, or is in use; of all hosts without a site."""
    matters = Q(bond__isnull=False) | Q(used=True) | ~Q(switch="")
    return rows_of(_there(actor).filter(matters, host__site=site))


def rows_at_switch(actor: Actor, name: str) -> Iterator[PortRow]:
    """Every port of the hosts that the switch serves."""
    return rows_of(_there(actor).filter(host__in=_there(actor).filter(switch=name).values("host")))


def rows_at_switches(actor: Actor, names: Collection[str]) -> Iterator[PortRow]:
    """Every port of the hosts that these switches serve, as far as it hangs on a switch, is in a bond, or is in use."""
    matters = Q(bond__isnull=False) | Q(used=True) | ~Q(switch="")
    served = _there(actor).filter(switch__in=names).order_by().values("host")
    return rows_of(_there(actor).filter(matters, host__in=served))


def switch_names(actor: Actor, site: str = "") -> list[str]:
    """Every switch that a host of the site hears, or of all sites, in the order that people count in."""
    if actor.sees_all and not site:
        with connection.cursor() as cursor:
            cursor.execute(SWITCHES)
            return sorted((name for (name,) in cursor), key=_as_counted)
    rows = _there(actor).exclude(switch="").order_by()
    rows = rows.filter(host__site=site) if site else rows
    return sorted(rows.values_list("switch", flat=True).distinct(), key=_as_counted)


def _as_counted(name: str) -> tuple[object, ...]:
    return natural(name), name


def hearing_nobody(actor: Actor, site: str = "") -> QuerySet[Nic]:
    """Ports in use, with a link, that hear no neighbour."""
    rows = on_hosts_seen_by(actor, Nic.objects.filter(HEARS_NOBODY))
    return rows.filter(host__site=site) if site else rows


def on_one_switch(actor: Actor, site: str = "") -> QuerySet[Bond]:
    """Bonds whose ports all hang on one switch."""
    rows = on_hosts_seen_by(actor, Bond.objects.filter(present=True, one_switch__gt=""))
    return rows.filter(host__site=site) if site else rows


def _there(actor: Actor) -> QuerySet[Nic]:
    return on_hosts_seen_by(actor, Nic.objects.filter(present=True))


def rows_of(nics: QuerySet[Nic]) -> Iterator[PortRow]:
    """In the order of the NICs."""
    for host, name, site, rack, bond, active, carrier, used, speed, nominal, switch, port in (
        nics.values_list(*COLUMNS)
    ):  # fmt: skip
        yield PortRow(
            host, name, site, rack, bond or "", active, bool(carrier), used, speed, nominal, switch, port
        )  # fmt: skip
