"""What a host's files and its kernel disagree about: the next boot would make it another bond."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_interface

from networking.bonding.model import DHCP, STATIC, Bond
from networking.facts.values import BondNow, Nic

OPTIONS = (
    "mode",
    "miimon",
    "primary",
    "primary_reselect",
    "updelay",
    "downdelay",
    "peer_notif_delay",
    "arp_interval",
    "arp_validate",
    "fail_over_mac",
    "num_grat_arp",
    "resend_igmp",
    "all_slaves_active",
    "min_links",
)
DEPEND = {"arp_validate": "arp_interval", "updelay": "miimon", "downdelay": "miimon", "peer_notif_delay": "miimon"}
"""Options that say nothing while another is 0."""


def differences(configured: Bond, running: BondNow, nics: Iterable[Nic]) -> tuple[str, ...]:
    """Sentences, in the order of a plan: ports, options, addresses; empty where files and kernel agree."""
    nic = next((nic for nic in nics if nic.name == configured.name), None)
    return (*_ports(configured, running), *_options(configured, running), *(_addresses(configured, nic) if nic else ()))


def _ports(configured: Bond, running: BondNow) -> Iterator[str]:
    """A port is the same by its permanent address where both sides know one, else by its name."""
    runs = {port.name: port.permanent_address or "" for port in running.status.ports}
    files = {port.name: port.permanent_address for port in configured.ports}
    by_address = {address for address in runs.values() if address}
    for name, address in files.items():
        if name not in runs and address not in by_address:
            yield f"{name} is a port of {configured.name} in the files, and not in the kernel."
        elif address and runs.get(name) and runs[name] != address:
            yield f"{name} has the permanent address {runs[name]}, and {address} in the files."
    for name, address in runs.items():
        if name not in files and (not address or address not in files.values()):
            yield f"{name} is a port of {configured.name} in the kernel, and not in the files."


def _options(configured: Bond, running: BondNow) -> Iterator[str]:
    wanted = configured.options
    for name in OPTIONS:
        value, now = getattr(wanted, name), _running(running, name)
        text = str(int(value)) if isinstance(value, bool) else str(value)
        said = getattr(wanted, DEPEND[name]) if name in DEPEND else True
        if now is not None and said and now != text:
            yield f"{name} is {text or 'not set'} in the files, and {now or 'not set'} in the kernel."
    targets = running.options.get("arp_ip_target")
    now_targets = set((targets or "").replace(",", " ").split())
    if wanted.arp_interval and targets is not None and now_targets != set(wanted.arp_ip_targets):
        said = " ".join(wanted.arp_ip_targets)
        yield f"arp_ip_target is {said} in the files, and {targets or 'not set'} in the kernel."


def _running(running: BondNow, name: str) -> str | None:
    """By sysfs, which writes words with their numbers (“better 1”), else by /proc; None where neither tells."""
    if name in running.options:
        return (running.options[name].split() or [""])[0]
    value = getattr(running.status, name, None)
    if value is None:
        return "" if name == "primary" and running.options else None
    return str(value)


def _addresses(configured: Bond, nic: Nic) -> Iterator[str]:
    has = {str(ip_interface(text)) for text in nic.addresses if not ip_interface(text).is_link_local}
    wants = {str(interface) for interface in configured.addressing.interfaces()}
    for address in sorted(wants - has):
        yield f"{configured.name} has {address} in the files, and not in the kernel."
    if configured.addressing.method == STATIC:
        for address in sorted(has - wants - {str(ip_interface(text)) for text in nic.passing}):
            if not _is_others(address):
                yield f"{configured.name} has {address} in the kernel, and not in the files."
    elif configured.addressing.method == DHCP and not has:
        yield f"{configured.name} gets its address from a server, and has none."
    if configured.mtu and nic.mtu != configured.mtu:
        yield f"The MTU of {configured.name} is {configured.mtu} in the files, and {nic.mtu} in the kernel."


def _is_others(address: str) -> bool:
    """Whether others than the network manager put it there.

    IPv6 by router advertisement, its lower half made from a MAC address (ff:fe); or the address of a single host (/32,
    /128), which VRRP and cluster managers move between hosts.
    """
    one = ip_interface(address)
    advertised = one.version == 6 and one.ip.packed[11:13] == b"\xff\xfe"
    return advertised or one.network.prefixlen == one.max_prefixlen
