"""What networking hangs on a host's page: its ports, its bonds as drawings, and the way to a new bond."""

from __future__ import annotations

from inventory.models import Host
from inventory.panels import Panel, register_panel
from networking import drawing
from networking.models import Bond, HostNetwork
from networking.seen import port_of
from networking.selectors import progress
from networking.views.bonds import new_url
from networking.wording import against_nominal
from people.actor import Actor
from people.roles import Role


def connect() -> None:
    register_panel(host_panel, page="host")


def host_panel(host: Host, actor: Actor) -> Panel:
    """Ports and bonds as the sweep last saw them."""
    bonds = []
    for bond in Bond.objects.there().filter(host=host).select_related("host"):
        ports = tuple(map(port_of, bond.ports))
        drawn = drawing.wide(bond.name, ports, bond.addresses), drawing.tall(bond.name, ports, bond.addresses)
        bonds.append((bond, drawn))
    nics = [
        (nic, against_nominal(nic.speed_mbps, nic.nominal_mbps))
        for nic in host.nics.filter(present=True).select_related("bond")
    ]
    context = {
        "host": host,
        "bonds": bonds,
        "nics": nics,
        "network": HostNetwork.objects.filter(host=host).first(),
        "progress": progress(host),
        "may_ask": actor.may(Role.OPERATOR, Role.REQUESTER, Role.ADMINISTRATOR),
        "new_url": new_url(host) if actor.may(Role.REQUESTER) else "",
    }
    return Panel("Network", "networking/_host_panel.html", context, "network")
