"""A bond as somebody wants it, in words that belong to no network manager.

Every back-end renders this and reads it back, so that what stands in files can be compared with what was asked for and
with what runs. Only active-backup is made; `mode` is kept so that another mode found in files is seen and said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface, ip_network

INTERFACE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,14}")
MAC_ADDRESS = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")

ACTIVE_BACKUP = "active-backup"
MODES = ("balance-rr", ACTIVE_BACKUP, "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
"""By the kernel's number."""

ALWAYS, BETTER, FAILURE = "always", "better", "failure"
RESELECT = (ALWAYS, BETTER, FAILURE)
"""By the kernel's number: `primary_reselect=1` is better."""

FAIL_OVER_MAC = ("none", "active", "follow")

STATIC, DHCP, NOTHING = "static", "dhcp", "none"
"""How an interface gets its addresses."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route beside the default one. `via` is empty for a destination on the link."""

    to: str
    via: str = ""
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class Addressing:
    """How an interface is addressed.

    method    static, dhcp or none
    addresses "10.0.2.15/24", IPv4 and IPv6, first is the main one
    gateways  of the default routes, one of each family at most
    """

    method: str = NOTHING
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    dns: tuple[str, ...] = ()
    search: tuple[str, ...] = ()

    def interfaces(self) -> tuple[IPv4Interface | IPv6Interface, ...]:
        return tuple(ip_interface(address) for address in self.addresses)


@dataclass(frozen=True, slots=True)
class Port:
    """A member of a bond: its name, and its permanent MAC address (lower case), which names may not outlive."""

    name: str
    permanent_address: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """The bonding driver's options that matter in active-backup. Times in ms; None leaves the kernel's default.

    primary_reselect  always, better or failure; better returns to the primary only if it is faster
    updelay, downdelay  multiples of miimon, and only with it
    arp_interval      the other monitor: excludes miimon
    """

    mode: str = ACTIVE_BACKUP
    miimon: int = 100
    primary: str = ""
    primary_reselect: str = BETTER
    updelay: int = 0
    downdelay: int = 0
    fail_over_mac: str = "none"
    num_grat_arp: int = 1
    peer_notif_delay: int = 0
    arp_interval: int = 0
    arp_ip_targets: tuple[str, ...] = ()
    arp_validate: str = "none"
    resend_igmp: int = 1
    all_slaves_active: bool = False
    min_links: int = 0


@dataclass(frozen=True, slots=True)
class Bond:
    """A whole bond. `ports` in the order in which they are enslaved: the first gives the bond its MAC address."""

    name: str
    ports: tuple[Port, ...]
    options: Options = field(default_factory=Options)
    addressing: Addressing = field(default_factory=Addressing)
    mtu: int | None = None

    def port(self, name: str) -> Port | None:
        return next((port for port in self.ports if port.name == name), None)

    def with_options(self, **changes: object) -> Bond:
        return replace(self, options=replace(self.options, **changes))  # type: ignore[arg-type]  # checked by problems()


def problems(bond: Bond) -> tuple[str, ...]:
    """Everything that is wrong with a bond by itself, gravest first, each a whole sentence; empty if it can be made."""
    return (*_name_problems(bond), *_member_problems(bond), *_option_problems(bond.options), *_addresses(bond))


def _name_problems(bond: Bond) -> list[str]:
    said = []
    for name in (bond.name, *(port.name for port in bond.ports)):
        if not INTERFACE_NAME.fullmatch(name):
            said.append(
                f"{name!r} is no name for an interface: it begins with a letter and has at most 15 letters, digits,"
                " dots, hyphens and underscores."
            )
    for port in bond.ports:
        if port.permanent_address and not MAC_ADDRESS.fullmatch(port.permanent_address):
            said.append(f"{port.permanent_address!r} of {port.name} is no MAC address such as 52:54:00:a0:01:00.")
    return said


def _member_problems(bond: Bond) -> list[str]:
    names = [port.name for port in bond.ports]
    said = []
    if len(names) < 2:
        said.append(f"{bond.name} needs two ports to fail over between; it has {len(names)}.")
    if len(set(names)) != len(names):
        said.append(f"A port of {bond.name} is named twice: {', '.join(names)}.")
    if bond.name in names:
        said.append(f"{bond.name} cannot be a port of itself.")
    if bond.options.primary and bond.options.primary not in names:
        said.append(
            f"{bond.options.primary} is to be the primary, but is not among the ports of {bond.name}"
            f" ({', '.join(names)}). Choose one of them."
        )
    return said


def _option_problems(options: Options) -> list[str]:
    said = []
    if options.mode != ACTIVE_BACKUP:
        said.append(f"Regroup makes active-backup bonds only; {options.mode} is another mode.")
    if not options.miimon and not options.arp_interval:
        said.append("miimon is 0: the kernel would not notice a dead link. Set it to 100 ms.")
    if options.miimon and options.arp_interval:
        said.append("miimon and arp_interval exclude one another; the kernel keeps the one that is written last.")
    if options.miimon < 0 or options.arp_interval < 0:
        said.append("miimon and arp_interval are times in ms and cannot be negative.")
    if options.arp_interval and not options.arp_ip_targets:
        said.append("arp_interval without arp_ip_target watches nothing; name an address that always answers.")
    if options.primary_reselect not in RESELECT:
        said.append(f"primary_reselect is {', '.join(RESELECT)}; not {options.primary_reselect!r}.")
    if options.fail_over_mac not in FAIL_OVER_MAC:
        said.append(f"fail_over_mac is {', '.join(FAIL_OVER_MAC)}; not {options.fail_over_mac!r}.")
    said.extend(_delay_problems(options))
    if not 0 <= options.num_grat_arp <= 255:
        said.append("num_grat_arp is a number from 0 to 255.")
    return said


def _delay_problems(options: Options) -> list[str]:
    said = []
    for name in ("updelay", "downdelay", "peer_notif_delay"):
        value = getattr(options, name)
        if value < 0:
            said.append(f"{name} is a time in ms and cannot be negative.")
        elif value and not options.miimon:
            said.append(f"{name} needs miimon; the kernel refuses it without.")
        elif value and value % options.miimon:
            down = value - value % options.miimon
            said.append(f"{name}={value} is no multiple of miimon={options.miimon}; the kernel would make it {down}.")
    return said


def _addresses(bond: Bond) -> list[str]:
    addressing, said = bond.addressing, list[str]()
    if addressing.method not in (STATIC, DHCP, NOTHING):
        said.append(f"Addresses are static, from DHCP, or none; not {addressing.method!r}.")
    if addressing.method == STATIC and not addressing.addresses:
        said.append(f"{bond.name} is to have static addresses and names none.")
    try:
        networks = [interface.network for interface in addressing.interfaces()]
        gateways = [ip_address(gateway) for gateway in addressing.gateways]
        for route in addressing.routes:
            ip_network(route.to)
            if route.via:
                ip_address(route.via)
        for server in (*addressing.dns, *bond.options.arp_ip_targets):
            ip_address(server)
    except ValueError as error:
        return [*said, f"{str(error)[:1].upper()}{str(error)[1:]}. Write addresses such as 10.0.2.15/24."]
    on_link = [ip_network(route.to) for route in addressing.routes if not route.via]
    for gateway in gateways:
        if addressing.method == STATIC and not any(gateway in network for network in (*networks, *on_link)):
            said.append(
                f"The gateway {gateway} is in no network of {bond.name}, which has"
                f" {', '.join(map(str, networks)) or 'none'}; nothing beyond it could be reached."
            )
    return said
