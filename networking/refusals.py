"""Every reason not to make a bond on a host, and everything to warn of, each one sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from networking.backends.protocol import Written
from networking.bonding.model import DHCP, STATIC, Bond
from networking.facts.values import Network, Nic
from networking.owning import Owner
from networking.request import Request

ARMING = ("systemd-run", "at", "setsid")


def unfit(request: Request, network: Network) -> Iterator[str]:
    """Reasons in the host's interfaces, gravest first."""
    yield from _name_taken(request, network)
    for port in request.bond.ports:
        yield from _unfit(port.name, request.bond, network)


def refusals(bond: Bond, network: Network, owner: Owner) -> Iterator[str]:
    """Reasons in what the host is like otherwise, gravest first."""
    yield from _speed(bond, network)
    yield from _flaws(owner)
    yield from _taken_out(owner, network)
    yield from _addresses_lost(bond, network)
    if not set(ARMING) & set(network.managers.tools):
        yield (
            f"{network.hostname} has no way to arm a revert: neither systemd-run nor at nor setsid is there. Without"
            " one a wrong setting would cut the host off for good."
        )


def _name_taken(request: Request, network: Network) -> Iterator[str]:
    name, host = request.bond.name, network.hostname
    taken = network.nic(name)
    if request.existing and network.bond(name) is None:
        yield f"There is no bond {name} on {host}; ask for a new one."
    elif not request.existing and taken:
        what = "a bond" if network.bond(name) else f"an interface ({taken.kind})"
        more = " Change that one, or take another name." if network.bond(name) else " Take another name."
        yield f"{name} is {what} of {host} already.{more}"


def _unfit(name: str, bond: Bond, network: Network) -> Iterator[str]:
    nic, host = network.nic(name), network.hostname
    if nic is None:
        has = ", ".join(nic.name for nic in network.nics if nic.kind == "nic") or "none"
        yield f"There is no port {name} on {host}. It has: {has}."
        return
    if nic.kind != "nic":
        yield f"{name} is no port but a {nic.kind}; only ports can be bonded."
    if nic.master and nic.master != bond.name:
        yield f"{name} is part of {nic.master} already. Take it out of there first."
    if nic.uppers and set(nic.uppers) - {bond.name}:
        above = ", ".join(sorted(set(nic.uppers) - {bond.name}))
        yield (
            f"{name} carries {above} (a VLAN, bridge or the like), which would lose its port."
            " Move that to the bond first."
        )
    if not nic.permanent_address:
        yield f"{name} has no permanent MAC address, by which it could be told after a boot."


def _speed(bond: Bond, network: Network) -> Iterator[str]:
    primary = network.nic(bond.options.primary)
    if primary and primary.up and primary.carrier and primary.speed_mbps is None and not primary.nominal_mbps:
        yield (
            f"{primary.name} does not tell its speed ({primary.driver or 'its driver'} says Unknown). The kernel takes"
            " an unknown speed for the fastest, so primary_reselect=better cannot tell a slow primary from a good one."
            " Choose another primary."
        )


def _flaws(owner: Owner) -> Iterator[str]:
    for flaw in owner.configured.flaws:
        yield f"{flaw.path}, line {flaw.line}: {flaw.sentence} Mend that file first, then ask again."


def _taken_out(owner: Owner, network: Network) -> Iterator[str]:
    """Debian: whenever NetworkManager sets a port down, ifenslave's hook frees it, even if it is in its bond again."""
    managers = network.managers
    is_managed = owner.backend.key in ("keyfile", "netplan", "ifcfg") and "keyfile" in managers.active
    if is_managed and "ifenslave-dispatched" in managers.tools:
        yield (
            f"NetworkManager on {network.hostname} runs the hook of the package ifenslave for each port that goes down"
            " (by its script 01-ifupdown), and the hook takes the port out of the bond behind NetworkManager: at a boot"
            " the ports may come and go for ever, and the host be cut off. Purge ifenslave (apt purge ifenslave: to"
            " remove it leaves the hook), then ask again."
        )


def _addresses_lost(bond: Bond, network: Network) -> Iterator[str]:
    """Addresses that the ports have now and the bond would not: whoever set them would miss them."""
    if bond.addressing.method not in (STATIC, DHCP):
        lost = [f"{address} of {nic.name}" for nic in _nics(bond, network) for address in lasting(nic)]
        if lost:
            yield (
                f"{', '.join(lost)} would be gone: no file of the network manager has it, so it cannot move to"
                f" {bond.name}. Say which addresses the bond is to have."
            )


def unwritable(written: tuple[Written, ...], network: Network) -> Iterator[str]:
    """Files that would change and whose text Regroup does not have whole, so that it could not give them back."""
    for file in network.files:
        if not file.whole and any(item.path == file.path for item in written):
            yield (
                f"{file.path} holds a secret, is too large or is no text, so Regroup has not read all of it and can"
                " neither write it nor give it back. Move the ports' settings to a file of their own first."
            )


SEEN_ON_HOSTS = frozenset({"networkd", "netplan", "ifupdown", "keyfile"})
"""Managers with which a bond was made on a real host under Regroup's own session, and confirmed."""

STAND_INS = {"ifcfg": "Red Hat's ifup and ifdown, on a lab host"}
"""Managers with which that was seen only where something else took the manager's place."""


def warnings(request: Request, bond: Bond, network: Network, owner: Owner, outage: str) -> Iterator[str]:
    """What an approver ought to know."""
    names = {port.name for port in bond.ports} | {bond.name}
    if outage:
        yield (
            f"Traffic over {_named(bond)} is interrupted: {outage} Expect some seconds; if it does not come back,"
            f" {network.hostname} goes back by itself {request.seconds} s after the revert was armed."
        )
    if network.session_device in names:
        yield f"Regroup's own session to {network.hostname} runs over {network.session_device}."
    elif not network.session_device:
        yield "Over which interface Regroup's session runs cannot be told; take it that it is one of these."
    nics = _nics(bond, network)
    yield from _speeds(bond, nics)
    yield from _switches(nics, network)
    sizes = {nic.name: nic.mtu for nic in nics}
    if bond.mtu is None and len(set(sizes.values())) > 1:
        said = ", ".join(f"{name} {mtu}" for name, mtu in sizes.items())
        yield f"The MTU differs: {said}. The kernel gives all ports the bond's; see that each switch port carries it."
    if bond.options.fail_over_mac == "none":
        yield (
            f"All ports carry the MAC address of {bond.ports[0].name}, {bond.ports[0].permanent_address}: port security"
            " on a switch will see it move when the traffic does."
        )
    if "systemctl" not in network.managers.tools:
        yield (
            f"DANGER: {network.hostname} has no systemd, so nothing takes the files back if it restarts before the"
            " change is confirmed. Have its console at hand."
        )
    if owner.backend.key in STAND_INS:
        yield (
            f"How Regroup applies a bond with {owner.backend.title} was tried only against a stand-in for"
            f" {STAND_INS[owner.backend.key]}. Try it where nobody is missed, with the console at hand."
        )
    elif owner.backend.key not in SEEN_ON_HOSTS:
        yield (
            f"DANGER: how Regroup applies a bond with {owner.backend.title} is tested on text and not yet on a running"
            " host. Try it where nobody is missed, with the console at hand."
        )


def _speeds(bond: Bond, nics: list[Nic]) -> Iterator[str]:
    speeds = {nic.name: nic.nominal_mbps or nic.speed_mbps for nic in nics}
    primary = speeds.get(bond.options.primary)
    if not bond.options.primary:
        yield "No primary is named: after a boot it is chance which port carries the traffic."
    for name, speed in speeds.items():
        if speed is None:
            yield f"{name} does not tell its speed now. Look at it again once it has a link; better needs the speeds."
        elif name != bond.options.primary and primary is not None and speed > primary:
            yield f"{name} ({speed} Mb/s) is faster than the primary {bond.options.primary} ({primary} Mb/s)."
    if None not in speeds.values() and len(speeds) > 1 and len(set(speeds.values())) == 1:
        yield (
            f"All ports have {next(iter(speeds.values()))} Mb/s. Failing over works, so this is no reason to refuse;"
            " but equal is not better: with primary_reselect=better the traffic does not return to the primary."
        )


def _switches(nics: list[Nic], network: Network) -> Iterator[str]:
    heard = {nic.name: nic.neighbour for nic in nics}
    switches = {neighbour.switch for neighbour in heard.values() if neighbour}
    silent = [name for name, neighbour in heard.items() if neighbour is None]
    if not silent and len(switches) == 1 and len(heard) > 1:
        yield f"All ports are on switch {switches.pop()}: if it dies, so does the bond."
    if silent:
        yield f"LLDP is silent on {', '.join(silent)}, so nobody can say whether the ports are on different switches."


def _nics(bond: Bond, network: Network) -> list[Nic]:
    return [nic for nic in (network.nic(port.name) for port in bond.ports) if nic]


def lasting(nic: Nic) -> list[str]:
    """Addresses that somebody gave it; not those that the kernel makes itself."""
    return [address for address in nic.addresses if not address.lower().startswith("fe80:")]


def _named(bond: Bond) -> str:
    return ", ".join(port.name for port in bond.ports)
