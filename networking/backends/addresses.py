"""Addresses, prefixes and families as files spell them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_interface, ip_network

from networking.bonding.model import Addressing, Bond, Port


def family(text: str) -> int:
    """4 or 6, of an address, an address with prefix, or a network."""
    return 6 if ":" in text else 4


def only(version: int, texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if family(text) == version)


def netmask(address: str) -> str:
    """The dotted mask of "10.0.2.15/24"."""
    return str(ip_interface(address).netmask)


def bare(address: str) -> str:
    return address.partition("/")[0]


def with_prefix(address: str, mask: str = "") -> str:
    """ "10.0.2.15/24" from an address and its mask, dotted or a number; alone it is a host's. Raises ValueError."""
    if "/" not in address and mask:
        address = f"{address}/{mask}"
    return str(ip_interface(address).with_prefixlen)


def network(address: str, mask: str = "") -> str:
    """ "10.0.0.0/8" from either spelling; bits of a host are cut off. Raises ValueError."""
    return str(ip_network(f"{address}/{mask}" if mask else address, strict=False))


def in_order(ports: Iterable[Port], pinned: str = "") -> tuple[Port, ...]:
    """Ports in the order of their names, as managers without an order of their own enslave them.

    The one whose permanent address the bond is pinned to comes first: a bond has its first port's MAC address.
    """
    return tuple(sorted(ports, key=lambda port: (not pinned or port.permanent_address != pinned, port.name)))


def pin(bond: Bond) -> str:
    """The MAC address that the bond is to have: its first port's; empty if unknown, or if it follows the active port.

    It is written down because it would come out otherwise: most managers enslave by name or as links appear, and udev
    gives a fresh bond an address of its own making (systemd.link(5), MACAddressPolicy=persistent, from systemd 242).
    """
    return bond.ports[0].permanent_address if bond.ports and bond.options.fail_over_mac == "none" else ""


def near(gateway: str, addressing: Addressing) -> bool:
    """Whether a gateway lies in a network of these addresses."""
    return any(ip_address(gateway) in interface.network for interface in addressing.interfaces())
