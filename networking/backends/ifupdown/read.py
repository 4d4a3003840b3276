"""Reads Debian's interfaces(5) with ifenslave's options.

ifenslave's if-pre-up.d hook: bond-slaves on the bond (bond-ports with ifupdown2 and ifupdown-ng), or bond-master on the
ports; bond-primary may name several, the first that is there counts; what the hook has no word for is written by an
`up echo … > /sys/class/net/$IFACE/bonding/…`, as people do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from networking.backends.addresses import network, with_prefix
from networking.backends.ifupdown.text import Block, Option, read_all
from networking.backends.options import KNOWN, read_options
from networking.backends.protocol import Configured, Files, Flaw
from networking.bonding.model import DHCP, NOTHING, STATIC, Addressing, Bond, Options, Port, Route

SLAVES = ("bond-slaves", "bond-ports", "slaves")
HOOKS = ("pre-up", "up", "post-up")
SYSFS = re.compile(
    r"echo (?P<quote>['\"]?)(?P<value>[^\s'\">]+)(?P=quote) ?> ?/sys/class/net/[^/]+/bonding/(?P<name>\w+)"
)
ROUTE = re.compile(r"(?:/s?bin/)?ip (?:-[46] )?r(?:oute)? (?:add|replace) (?P<to>\S+)(?P<rest>(?: \S+)*)")
MTU = re.compile(r"ip link set(?: dev)? \S+ mtu (?P<mtu>[0-9]+)")


def read(files: Files) -> Configured:
    """Everything that the files say; never raises."""
    every, flaws = read_all(files)
    ifaces: dict[str, list[Block]] = {}
    for block in every:
        if block.keyword == "iface" and block.name and block.method != "loopback":
            ifaces.setdefault(block.name, []).append(block)
    masters = {block.get("bond-master") for found in ifaces.values() for block in found} - {"", "none"}
    bonds, ports = [], set[str]()
    for name, found in sorted(ifaces.items()):
        if is_bond(found) or name in masters:
            bond, said = _bond(name, found, ifaces)
            bonds.append(bond)
            ports |= {port.name for port in bond.ports}
            flaws += said
    for name in sorted(masters - {bond.name for bond in bonds}):
        first = next(b for found in ifaces.values() for b in found if b.get("bond-master") == name)
        flaws.append(first.flaw(f"{name} has no iface line; its ports have nothing to join.", "bond-master"))
        ports |= {port for port, found in ifaces.items() if _master(found) == name}
    plain = dict[str, Addressing]()
    for name, found in ifaces.items():
        if name in ports:
            flaws += _port_flaws(found)
        elif name not in {bond.name for bond in bonds}:
            plain[name], said = addressing_of(found)
            flaws += said
    owner = {name: found[0].path for name, found in ifaces.items()}
    return Configured(tuple(bonds), plain, owner, tuple(sorted(flaws, key=lambda flaw: (flaw.path, flaw.line))))


def is_bond(found: Iterable[Block]) -> bool:
    return any(option.name in (*SLAVES, "bond-mode") for block in found for option in block.options)


def _master(found: Iterable[Block]) -> str:
    return next((block.get("bond-master") for block in found if block.get("bond-master") not in ("", "none")), "")


def member_names(name: str, found: list[Block], ifaces: dict[str, list[Block]]) -> list[str]:
    """Ports by either way of writing it, in the order in which they are enslaved."""
    listed = [word for block in found for word in block.get(*SLAVES).split() if word not in ("none", "all")]
    return list(dict.fromkeys([*listed, *(port for port, own in ifaces.items() if _master(own) == name)]))


def _bond(name: str, found: list[Block], ifaces: dict[str, list[Block]]) -> tuple[Bond, list[Flaw]]:
    addressing, flaws = addressing_of(found)
    members = member_names(name, found, ifaces)
    ports = [
        Port(port, next((b.permanent_address for b in ifaces.get(port, []) if b.permanent_address), ""))
        for port in members
    ]
    if any(block.get(*SLAVES) == "all" for block in found):
        block = next(block for block in found if block.get(*SLAVES) == "all")
        flaws.append(block.flaw("“all” takes every eth* there is at boot; name the ports.", *SLAVES))
    options, said = _options(found, members)
    return Bond(name, tuple(ports), options, addressing, mtu_of(found)), [*flaws, *said]


def mtu_of(found: list[Block]) -> int | None:
    for block in found:
        texts = [block.get("mtu"), *(m["mtu"] for o in block.options if o.name in HOOKS and (m := MTU.search(o.value)))]
        for text in texts:
            if text.isdigit():
                return int(text)
    return None


def _options(found: list[Block], members: list[str]) -> tuple[Options, list[Flaw]]:
    pairs, flaws = list[tuple[str, str]](), list[Flaw]()
    for option in (option for block in found for option in block.options):
        name = option.name.removeprefix("bond-").replace("-", "_")
        if option.name.startswith("bond-") and name == "primary":
            there = [word for word in option.value.split() if word in members]
            pairs.append(("primary", (there or option.value.split() or [""])[0]))
            if not there:
                flaws.append(_at(found, option, f"bond-primary {option.value} is no port; there is no primary then."))
        elif option.name.startswith("bond-") and name in KNOWN:
            pairs.append((name, option.value))
        elif match := sysfs_write(option):
            pairs.append(match)
    result = read_options(pairs)
    for problem in result.problems:
        name = "bond-" + problem.partition("=")[0].replace("_", "-")
        flaws.append(found[0].flaw(problem, name))
    return result.options, flaws


def sysfs_write(option: Option) -> tuple[str, str] | None:
    """Option and value of an `up echo 2 > /sys/class/net/$IFACE/bonding/min_links`."""
    match = SYSFS.fullmatch(option.value) if option.name in HOOKS else None
    return (match["name"], match["value"]) if match and match["name"] in KNOWN else None


def _at(found: list[Block], option: Option, sentence: str) -> Flaw:
    return next(Flaw(block.path, option.line, sentence) for block in found if option in block.options)


def _port_flaws(found: list[Block]) -> list[Flaw]:
    return [
        block.flaw(f"{block.name} is a port of a bond and gets addresses of its own here; make it manual.")
        for block in found
        if block.method in ("static", "dhcp") or (block.family == "inet6" and block.method == "auto")
    ]


def route_of(option: Option) -> Route | None:
    """A route that a hook adds; to `default` for a gateway. None for any other command, or one that says more."""
    match = ROUTE.fullmatch(option.value) if option.name in HOOKS else None
    if not match:
        return None
    words = match["rest"].split()
    named = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or not set(named) <= {"via", "dev", "metric"}:
        return None
    try:
        to = "default" if match["to"] == "default" else network(match["to"])
        return Route(to, named.get("via", ""), int(named["metric"]) if "metric" in named else None)
    except ValueError:
        return None


def addressing_of(found: list[Block]) -> tuple[Addressing, list[Flaw]]:
    """What all iface lines of an interface say together."""
    addresses, gateways, routes = list[str](), list[str](), list[Route]()
    dns, search, flaws = list[str](), list[str](), list[Flaw]()
    for block in found:
        if block.method == "static":
            try:
                addresses.append(with_prefix(block.get("address"), block.get("netmask")))
            except ValueError as error:
                flaws.append(block.flaw(f"address {block.get('address')}: {error}.", "address"))
        gateways += [block.get("gateway")] if block.get("gateway") else []
        for route in filter(None, map(route_of, block.options)):
            if route.to in ("default", "0.0.0.0/0", "::/0"):
                gateways.append(route.via)
            else:
                routes.append(route)
        dns += block.get("dns-nameservers", "dns-nameserver").split()
        search += [word for word in block.get("dns-search", "dns-domain").split() if word not in search]
    by_server = any(block.method == "dhcp" and block.family == "inet" for block in found)
    method = DHCP if by_server else STATIC if addresses else NOTHING
    return Addressing(method, tuple(addresses), tuple(gateways), tuple(routes), tuple(dns), tuple(search)), flaws
