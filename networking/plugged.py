"""Rows of ports for `topology` and `idle`, off the database: those of hosts that the person sees."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from inventory.rights import on_hosts_seen_by
from networking.idle import FAST_MBPS
from networking.models import Nic
from networking.topology import PortRow
from people.actor import Actor

COLUMNS = (
    *("host__name", "name", "host__site", "host__rack", "bond__name", "active", "carrier", "used"),
    *("speed_mbps", "nominal_mbps", "switch", "switch_port"),
)


def rows_of_site(actor: Actor, site: str) -> Iterator[PortRow]:
    """Every port of a site's hosts that hangs on a switch, is in a bond, or is in use; of all hosts without a site."""
    matters = Q(bond__isnull=False) | Q(used=True) | ~Q(switch="")
    return _rows(_there(actor).filter(matters, host__site=site))


def rows_at_switch(actor: Actor, name: str) -> Iterator[PortRow]:
    """Every port of the hosts that the switch serves."""
    return _rows(_there(actor).filter(host__in=_there(actor).filter(switch=name).values("host")))


def rows_fast(actor: Actor, site: str = "") -> Iterator[PortRow]:
    """Fast ports with a link that carry nothing, and the active ports of their bonds."""
    idle = _there(actor).filter(nominal_mbps__gte=FAST_MBPS, active=False, carrier=True)
    idle = idle.filter(host__site=site) if site else idle
    beside = Q(active=True, bond__in=idle.filter(bond__isnull=False).values("bond"))
    return _rows(_there(actor).filter(Q(pk__in=idle.values("pk")) | beside))


def _there(actor: Actor) -> QuerySet[Nic]:
    return on_hosts_seen_by(actor, Nic.objects.filter(present=True))


def _rows(nics: QuerySet[Nic]) -> Iterator[PortRow]:
    for host, name, site, rack, bond, active, carrier, used, speed, nominal, switch, port in (
        nics.order_by().values_list(*COLUMNS)
    ):  # fmt: skip
        yield PortRow(
            host, name, site, rack, bond or "", active, bool(carrier), used, speed, nominal, switch, port
        )  # fmt: skip
