"""Writes a bond into interfaces(5), in the place of the NIC that had the addresses.

The ports are listed by bond-slaves, have no `auto` or `allow-hotplug` (udev would bring them up just when they have to
be down), and `allow-<bond>` where they have commands to run: ifenslave's hook then runs ifup for them once they are in.
"""

from __future__ import annotations

from collections.abc import Iterable

from networking.backends.addresses import family, only, pin
from networking.backends.ifupdown.read import MTU, SLAVES, member_names, route_of, sysfs_write
from networking.backends.ifupdown.text import MAIN, Block, Option, read_all, replaced
from networking.backends.options import KNOWN, option_pairs
from networking.backends.protocol import Files, Unrenderable, Written
from networking.bonding.model import DHCP, NOTHING, Addressing, Bond, Port, Route

ADDRESSING = (
    "address",
    "netmask",
    "network",
    "broadcast",
    "gateway",
    "metric",
    "pointopoint",
    "scope",
    "mtu",
    "dns-nameservers",
    "dns-nameserver",
    "dns-search",
    "dns-domain",
)
MOVED = ("hostname", "client", "vendor", "leasehours", "leasetime", "metric", "accept-ra", "autoconf", "privext")
"""Options about addresses that the model has no word for: they go with the addresses."""
BY_ECHO = ("peer_notif_delay", "resend_igmp", "all_slaves_active", "min_links")
"""Options that ifenslave's hook does not write."""

INDENT = "    "


def render(bond: Bond, files: Files) -> list[Written]:
    """Every file that changes. Raises Unrenderable."""
    _refuse(bond.addressing)
    every, _ = read_all(files)
    ifaces = _ifaces(every)
    own = ifaces.get(bond.name, [])
    ports = {port.name: ifaces.get(port.name, []) for port in bond.ports}
    left = [name for name in member_names(bond.name, own, ifaces) if name not in ports]
    source = own or next((found for found in ports.values() if any(b.method != "manual" for b in found)), [])
    place = next(iter(own), None) or next(iter(source), None) or next((b for f in ports.values() for b in f), None)
    new = [f"auto {bond.name}", *_bond(bond, own, source)]
    changes: dict[str, dict[tuple[int, int], list[str]]] = {}
    for port in bond.ports:
        lines = _port(bond, port, ports[port.name])
        _put(changes, ports[port.name], lines)
        if not ports[port.name]:
            new = [*new, "", *lines]
    for name in left:
        for block in ifaces.get(name, []):
            kept = [option.raw for option in block.options if option.name != "bond-master"]
            _span(changes, block, [f"iface {' '.join(block.words)}", *kept])
    for block in own[1:]:
        _span(changes, block, [])
    path = MAIN
    if own:
        _span(changes, own[0], new)
    elif place:
        path = place.path
        span = (place.first, place.last)
        changes[path][span] = [*changes[path].get(span, []), "", *new]
    _automatic(changes, every, {bond.name, *ports}, bond.name)
    texts = {one: replaced(files[one], spans) for one, spans in changes.items()}
    if not own and not place:
        text = files.get(MAIN, "")
        texts[MAIN] = (text.rstrip("\n") + "\n\n" if text.strip() else "") + "\n".join(new) + "\n"
    return [Written(one, text) for one, text in texts.items()]


def remove(bond: Bond, files: Files) -> list[Written]:
    """The first port in the bond's place with its addresses; the others keep what else stood there."""
    every, _ = read_all(files)
    ifaces = _ifaces(every)
    own = ifaces.get(bond.name, [])
    changes: dict[str, dict[tuple[int, int], list[str]]] = {}
    first = bond.ports[0]
    plain = Bond(first.name, (), addressing=bond.addressing, mtu=bond.mtu)
    kept = [option.raw for block in ifaces.get(first.name, []) for option in _kept(block)]
    new = [f"auto {first.name}", *_addressed(plain, [*_moved(own), *kept], [])]
    if first.permanent_address:
        new.insert(2, f"{INDENT}# permanent address {first.permanent_address}")
    for block in own[1:]:
        _span(changes, block, [])
    if own:
        _span(changes, own[0], new)
    for port in bond.ports:
        for block in ifaces.get(port.name, []):
            options = [option.raw for option in _kept(block)]
            _span(changes, block, [f"iface {' '.join(block.words)}", *options] if port != first and options else [])
    _automatic(changes, every, {bond.name, *(port.name for port in bond.ports)}, "")
    return [Written(path, replaced(files[path], spans)) for path, spans in changes.items()]


def _refuse(addressing: Addressing) -> None:
    if addressing.method == NOTHING and (addressing.addresses or addressing.gateways):
        raise Unrenderable("Addresses are named though there are to be none; choose static, or take them out.")
    if addressing.method != DHCP:
        for gateway in addressing.gateways:
            if not only(family(gateway), addressing.addresses):
                raise Unrenderable(f"The gateway {gateway} needs an address of its family on Debian; add one.")


def _ifaces(every: Iterable[Block]) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for block in every:
        if block.keyword == "iface" and block.name:
            found.setdefault(block.name, []).append(block)
    return found


def _span(changes: dict[str, dict[tuple[int, int], list[str]]], block: Block, lines: list[str]) -> None:
    changes.setdefault(block.path, {})[block.first, block.last] = lines


def _put(changes: dict[str, dict[tuple[int, int], list[str]]], found: list[Block], lines: list[str]) -> None:
    for number, block in enumerate(found):
        _span(changes, block, [] if number else lines)


def _automatic(
    changes: dict[str, dict[tuple[int, int], list[str]]], every: list[Block], names: set[str], bond: str
) -> None:
    """Bond and ports out of every auto and allow- line: the bond's own stands before its iface line."""
    for block in every:
        if block.keyword != "auto" and not block.keyword.startswith("allow-"):
            continue
        gone = names | ({*block.words} if bond and block.keyword == f"allow-{bond}" else set())
        kept = [word for word in block.words if word not in gone]
        if len(kept) < len(block.words):
            _span(changes, block, [f"{block.keyword} {' '.join(kept)}"] if kept else [])


def _port(bond: Bond, port: Port, found: list[Block]) -> list[str]:
    kept = [option.raw for block in found for option in _kept(block)]
    lines = [f"allow-{bond.name} {port.name}"] if kept else []
    lines.append(f"iface {port.name} inet manual")
    if port.permanent_address:
        lines.append(f"{INDENT}# permanent address {port.permanent_address}")
    return [*lines, *kept]


def _kept(block: Block) -> list[Option]:
    """What of a NIC's lines is about the link: no addresses, routes and membership."""
    return [
        option
        for option in block.options
        if option.name not in (*ADDRESSING, *MOVED, "bond-master", "bond-primary", "bond-mode", "hwaddress")
        and not route_of(option)
        and not MTU.search(option.value)
    ]


def _moved(found: Iterable[Block]) -> list[str]:
    return [option.raw for block in found for option in block.options if option.name in MOVED]


def _bond(bond: Bond, own: list[Block], source: list[Block]) -> list[str]:
    """First everything of ours, then what else stood in the bond's own lines, or came with the addresses."""
    lines = [f"{INDENT}hwaddress {pin(bond)}"] if pin(bond) else []
    lines.append(f"{INDENT}bond-slaves {' '.join(port.name for port in bond.ports)}")
    for name, value in option_pairs(bond.options):
        if name in BY_ECHO:
            lines.append(f"{INDENT}post-up echo {value} > /sys/class/net/$IFACE/bonding/{name}")
        else:
            lines.append(f"{INDENT}bond-{name.replace('_', '-')} {value.replace(',', ' ')}")
    kept = [option.raw for block in own for option in block.options if _foreign(option)]
    return _addressed(bond, kept if own else _moved(source), lines)


def _foreign(option: Option) -> bool:
    ours = option.name.removeprefix("bond-").replace("-", "_") in KNOWN and option.name.startswith("bond-")
    return not (
        ours
        or option.name in (*SLAVES, *ADDRESSING, "hwaddress")
        or route_of(option)
        or sysfs_write(option)
        or MTU.search(option.value)
    )


def _addressed(bond: Bond, kept: list[str], first: list[str]) -> list[str]:
    """One iface line for each address; the first has all that is not about one."""
    addressing = bond.addressing
    heads: list[tuple[int, str, str]] = []
    if addressing.method == DHCP:
        heads.append((4, "dhcp", ""))
    heads += [(family(address), "static", address) for address in addressing.addresses]
    heads = heads or [(4, "manual", "")]
    lines, told = list[str](), set[int]()
    for number, (version, method, address) in enumerate(heads):
        lines += [""] * bool(number)
        lines.append(f"iface {bond.name} {'inet' if version == 4 else 'inet6'} {method}")
        lines += [f"{INDENT}address {address}"] if address else []
        if version not in told:
            lines += _of_family(addressing, version, alone={head[0] for head in heads} == {version})
        told.add(version)
        if number == 0:
            lines += [f"{INDENT}{_mtu(bond.mtu, method)}"] if bond.mtu else []
            lines += [*first, *kept]
    return lines


def _mtu(mtu: int, method: str) -> str:
    """`dhcp` knows no mtu (interfaces(5))."""
    return f"post-up ip link set dev $IFACE mtu {mtu}" if method == "dhcp" else f"mtu {mtu}"


def _of_family(addressing: Addressing, version: int, *, alone: bool) -> list[str]:
    lines = [f"gateway {gateway}" for gateway in only(version, addressing.gateways)]
    servers = addressing.dns if alone else only(version, addressing.dns)
    if servers:
        lines.append(f"dns-nameservers {' '.join(servers)}")
    if addressing.search and (alone or version == 4):
        lines.append(f"dns-search {' '.join(addressing.search)}")
    lines += [_route(route) for route in addressing.routes if alone or family(route.to) == version]
    return [INDENT + line for line in lines]


def _route(route: Route) -> str:
    words = ["up ip", *(["-6"] if family(route.to) == 6 else []), "route add", route.to]
    words += ["via", route.via] if route.via else []
    words += ["dev", "$IFACE"]
    return " ".join(words + (["metric", str(route.metric)] if route.metric is not None else []))
