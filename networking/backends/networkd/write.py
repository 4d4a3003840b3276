"""Writes .netdev and .network files of a bond and its ports.

PrimarySlave stands in the primary's .network beside Bond= (systemd.network(5)); times carry their unit; ports are
matched by PermanentMACAddress, which is theirs for life: MACAddress would match the bond's, once they are in it.
"""

from __future__ import annotations

from networking.backends.addresses import family, near, pin
from networking.backends.inifile import Entry, IniText, Pairs, Section, rewritten
from networking.backends.networkd.read import PLAIN as PLAIN_OPTIONS
from networking.backends.networkd.read import TIMES, Unit, simple, units
from networking.backends.options import option_pairs
from networking.backends.protocol import Files, Unrenderable, Written
from networking.bonding.model import DHCP, NOTHING, Bond, Port, Route

FOLDER = "/etc/systemd/network"
OWN_NETWORK = ("Address", "Gateway", "DNS", "Domains", "DHCP", "Bond", "PrimarySlave", "ActiveSlave")
KERNEL_TO_TIME = {name: key for key, name in TIMES.items()}
KERNEL_TO_KEY = {name: key for key, name in PLAIN_OPTIONS.items()}

Sections = list[tuple[str, Pairs]]


def render(bond: Bond, files: Files) -> list[Written]:
    """Raises Unrenderable for what networkd has no key for."""
    _refuse(bond)
    networks, netdevs = units(files, ".network"), units(files, ".netdev")
    own = _one(networks, bond.name, "")
    old = {port.name: _one(networks, port.name, port.permanent_address) for port in bond.ports}
    netdev = next((unit for unit in netdevs if unit.ini.get("NetDev", "Name") == bond.name), None)
    gone = {unit.path for unit in (*old.values(), *_members(networks, bond)) if unit}
    others = [unit for unit in networks if unit.path not in gone and unit is not own]
    number = _number(bond, others)
    source = own or next((unit for unit in old.values() if unit and not _nothing(unit)), None)
    paths = {
        "netdev": netdev.path
        if netdev and netdev.path.startswith("/etc/")
        else f"{FOLDER}/{number}-{bond.name}.netdev",
        "network": f"{FOLDER}/{number}-{bond.name}.network",
    }
    written = [Written(path, None) for path in sorted(gone) if path.startswith("/etc/")]
    if own and own.path.startswith("/etc/"):
        written.append(Written(own.path, None))
    written.append(Written(paths["netdev"], _netdev(bond, netdev.ini if netdev else None)))
    written.append(Written(paths["network"], _network(bond, source)))
    for port in bond.ports:
        path = f"{FOLDER}/{number}-{bond.name}-{port.name}.network"
        written.append(Written(path, _port(bond, port, old[port.name])))
    return written


def remove(bond: Bond, files: Files) -> list[Written]:
    """The first port addressed as the bond was; of the others nothing is left."""
    networks, netdevs = units(files, ".network"), units(files, ".netdev")
    own = _one(networks, bond.name, "")
    netdev = next((unit for unit in netdevs if unit.ini.get("NetDev", "Name") == bond.name), None)
    members = _members(networks, bond)
    gone = [unit for unit in (netdev, own, *members) if unit]
    others = [unit for unit in networks if unit not in gone]
    written = [Written(unit.path, None) for unit in gone]
    first = bond.ports[0]
    if bond.addressing.method == NOTHING and not (own and own.ini.named("Link")):
        return written
    name = f"{_number(Bond(first.name, ()), others, first.permanent_address)}-{first.name}.network"
    sections = [("Match", _match(first)), *_addressed(bond, own)]
    return [*written, Written(f"{FOLDER}/{name}", rewritten(own.ini if own else None, sections, _ours))]


def _refuse(bond: Bond) -> None:
    if bond.options.peer_notif_delay:
        raise Unrenderable("systemd-networkd has no key for peer_notif_delay; leave it at 0 on this host.")
    if bond.options.arp_validate.startswith("filter"):
        raise Unrenderable(f"systemd-networkd knows no ARPValidate={bond.options.arp_validate}; choose another.")
    if bond.addressing.method == NOTHING and (bond.addressing.addresses or bond.addressing.gateways):
        raise Unrenderable("Addresses are named though there are to be none; choose static, or take them out.")


def _one(networks: tuple[Unit, ...], name: str, address: str) -> Unit | None:
    """The file that is for this interface and no other."""
    return next((unit for unit in networks if unit.only and unit.only in (name, address)), None)


def _members(networks: tuple[Unit, ...], bond: Bond) -> list[Unit]:
    return [unit for unit in networks if unit.ini.get("Network", "Bond") == bond.name]


def _nothing(unit: Unit) -> bool:
    return not (unit.ini.values("Network", "Address", "DHCP") or unit.ini.named("Address"))


def _number(bond: Bond, others: list[Unit], address: str = "") -> str:
    """What our files' names begin with, so that they come before every file of others that fits one of ours."""
    links = [(bond.name, address), *((port.name, port.permanent_address) for port in bond.ports)]
    first = min((unit.base for unit in others for link in links if unit.fits(*link)), default="~")
    for number in ("10", "05", "00"):
        if all(
            f"{number}-{bond.name}{rest}.network" < first for rest in ("", *(f"-{port.name}" for port in bond.ports))
        ):
            return number
    raise Unrenderable(
        f"{first} comes before every name that Regroup would give its files, and matches a port of {bond.name} or the"
        " bond itself; networkd uses only the first. Give that file a later name."
    )


def _netdev(bond: Bond, existing: IniText | None) -> str:
    head: Pairs = (("Name", bond.name), ("Kind", "bond"))
    if pin(bond):
        head += (("MACAddress", pin(bond)),)
    options = tuple(
        (KERNEL_TO_TIME[name], f"{value}ms")
        if name in KERNEL_TO_TIME
        else (KERNEL_TO_KEY[name], value.replace(",", " "))
        for name, value in option_pairs(bond.options)
        if name != "primary"
    )

    def owned(section: Section, entry: Entry | None) -> bool:
        keys = {*TIMES, *PLAIN_OPTIONS} if section.name == "Bond" else {"Name", "Kind", "MACAddress", "MTUBytes"}
        return entry is not None and section.name in ("Bond", "NetDev") and entry.key in keys

    return rewritten(existing, [("NetDev", head), ("Bond", options)], owned)


def _network(bond: Bond, source: Unit | None) -> str:
    sections: Sections = [("Match", (("Name", bond.name),)), *_addressed(bond, source)]
    return rewritten(source.ini if source else None, sections, _ours)


def _addressed(bond: Bond, source: Unit | None) -> Sections:
    """[Link], [Network] and [Route]; DHCP as the files had it (yes, or ipv4 only)."""
    addressing = bond.addressing
    link: Pairs = (("MTUBytes", str(bond.mtu)),) if bond.mtu else ()
    pairs: list[tuple[str, str]] = []
    if addressing.method == DHCP:
        had = source.ini.get("Network", "DHCP") if source else ""
        pairs.append(("DHCP", had if had.lower() in ("yes", "true", "ipv4") else "ipv4"))
    pairs += [("Address", address) for address in addressing.addresses]
    pairs += [("Gateway", gateway) for gateway in addressing.gateways if near(gateway, addressing)]
    if addressing.dns:
        pairs.append(("DNS", " ".join(addressing.dns)))
    if addressing.search:
        pairs.append(("Domains", " ".join(addressing.search)))
    on_link = [("Route", _far(gateway)) for gateway in addressing.gateways if not near(gateway, addressing)]
    routes = [("Route", _route(route)) for route in addressing.routes]
    return [("Link", link), ("Network", tuple(pairs)), *on_link, *routes]


def _far(gateway: str) -> Pairs:
    """A gateway in no network of the bond, reached by a route on the link."""
    return (("Gateway", gateway), ("GatewayOnLink", "yes"))


def _route(route: Route) -> Pairs:
    pairs: Pairs = (("Destination", route.to),)
    if route.via:
        pairs += (("Gateway", route.via),)
    elif family(route.to) == 4:
        pairs += (("Scope", "link"),)
    return pairs if route.metric is None else (*pairs, ("Metric", str(route.metric)))


def _match(port: Port) -> Pairs:
    return (("PermanentMACAddress", port.permanent_address),) if port.permanent_address else (("Name", port.name),)


def _port(bond: Bond, port: Port, existing: Unit | None) -> str:
    """Of what stood there only [Link] stays: the rest was about addresses, which the bond has now."""
    pairs: Pairs = (("Bond", bond.name),)
    if bond.options.primary == port.name:
        pairs += (("PrimarySlave", "true"),)

    def owned(section: Section, entry: Entry | None) -> bool:
        return section.name != "Link" if entry is None else entry.key == "MTUBytes"

    return rewritten(existing.ini if existing else None, [("Match", _match(port)), ("Network", pairs)], owned)


def _ours(section: Section, entry: Entry | None) -> bool:
    if entry is None:
        return section.name == "Match" or (section.name in ("Address", "Route") and simple(section))
    return (section.name == "Link" and entry.key == "MTUBytes") or (
        section.name == "Network" and entry.key in OWN_NETWORK
    )
