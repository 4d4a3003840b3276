"""Reads /etc/netplan/*.yaml (and /run, /lib), merged as netplan merges them.

netplan-generate(8) and doc/netplan-yaml.md: files in the order of their names, /etc over /run over /lib for one name;
later scalars win, mappings add up, sequences are joined. Times without a unit are in ms. networkd renders, unless
another is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from networking.backends.addresses import network, with_prefix
from networking.backends.netplan.text import Data, Document, YamlError, compose, data, line_of
from networking.backends.options import KERNEL, read_options
from networking.backends.protocol import Configured, Files, Flaw
from networking.backends.times import milliseconds
from networking.bonding.model import DHCP, NOTHING, STATIC, Addressing, Bond, Options, Port, Route

FOLDERS = ("/etc/netplan", "/run/netplan", "/lib/netplan", "/usr/lib/netplan")
PATTERNS = ("/etc/netplan/*.yaml", "/run/netplan/*.yaml", "/usr/lib/netplan/*.yaml")
TRUE = ("true", "yes", "on", "y")
KINDS = ("ethernets", "bonds", "bridges", "vlans", "wifis", "tunnels", "dummy-devices")

TIMES = {
    "mii-monitor-interval": "miimon",
    "up-delay": "updelay",
    "down-delay": "downdelay",
    "arp-interval": "arp_interval",
}
PLAIN = {
    "mode": "mode",
    "primary-reselect-policy": "primary_reselect",
    "fail-over-mac-policy": "fail_over_mac",
    "gratuitous-arp": "num_grat_arp",
    "gratuitious-arp": "num_grat_arp",
    "arp-ip-targets": "arp_ip_target",
    "arp-validate": "arp_validate",
    "resend-igmp": "resend_igmp",
    "min-links": "min_links",
    "all-slaves-active": "all_slaves_active",
    "all-members-active": "all_slaves_active",
}
OTHERS = {
    "lacp-rate",
    "transmit-hash-policy",
    "ad-select",
    "arp-all-targets",
    "packets-per-slave",
    "packets-per-member",
    "learn-packet-interval",
    "primary",
}
ROUTE_KEYS = {"to", "via", "metric", "on-link", "scope"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file."""

    path: str
    document: Document

    @property
    def tree(self) -> Data:
        return data(self.document.root) or {}

    def flaw(self, path: Iterable[str], sentence: str) -> Flaw:
        return Flaw(self.path, line_of(self.document, tuple(path)), sentence)


def sources(files: Files) -> tuple[list[Source], list[Flaw]]:
    """The files that count, in their order; one that is no YAML is a flaw, and netplan reads none then."""
    chosen: dict[str, str] = {}
    for folder in FOLDERS:
        for path in sorted(files):
            place, _, base = path.rpartition("/")
            if place == folder and base.endswith(".yaml"):
                chosen.setdefault(base, path)
    found, flaws = list[Source](), list[Flaw]()
    for _, path in sorted(chosen.items()):
        try:
            found.append(Source(path, compose(files[path])))
        except YamlError as error:
            flaws.append(Flaw(path, error.line, str(error)))
    return found, flaws


def merged(trees: Iterable[Data]) -> Data:
    """What netplan makes of several files."""
    result: Data = {}
    for tree in trees:
        result = _both(result, tree)
    return result


def _both(old: Data, new: Data) -> Data:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _both(old[key], value) if key in old else value for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(item for item in new if item not in old)]
    return new


def definitions(tree: Data, kind: str) -> dict[str, Data]:
    """Definitions of a kind by their id; what is no mapping is left out."""
    found = _map(_map(_map(tree).get("network")).get(kind))
    return {key: _map(value) for key, value in found.items() if key not in ("version", "renderer")}


def _map(value: Data) -> dict[str, Data]:
    return value if isinstance(value, dict) else {}


def is_true(value: Data) -> bool:
    return isinstance(value, str) and value.lower() in TRUE


def interface(ident: str, definition: Data) -> str:
    """The name that an id has on the host: set-name, a literal match, the MAC address, else the id itself."""
    match = _map(definition.get("match"))
    name = definition.get("set-name") or match.get("name")
    if isinstance(name, str) and name and not any(char in name for char in "*?["):
        return name
    return address_of(definition) or (name if isinstance(name, str) and name else ident)


def address_of(definition: Data) -> str:
    value = _map(definition.get("match")).get("macaddress")
    return value.lower() if isinstance(value, str) else ""


def read(files: Files) -> Configured:
    """Everything that the files say; never raises."""
    found, flaws = sources(files)
    for source in found:
        flaws += _shape(source)
    tree = merged(source.tree for source in found if isinstance(source.tree, dict))
    ethernets = definitions(tree, "ethernets")
    bonds, ports = [], set[str]()
    for name, definition in sorted(definitions(tree, "bonds").items()):
        bond, said = _bond(name, definition, ethernets, tree, found)
        bonds.append(bond)
        flaws += said
        ports |= set(_list(definition.get("interfaces")))
    plain, owner = dict[str, Addressing](), dict[str, str]()
    for kind in KINDS:
        for ident, definition in definitions(tree, kind).items():
            name = interface(ident, definition)
            owner.setdefault(name, _home(found, kind, ident))
            if kind != "bonds" and ident not in ports:
                plain[name], said = addressing_of(definition, (kind, ident), found)
                flaws += said
    return Configured(tuple(bonds), plain, owner, tuple(sorted(flaws, key=lambda flaw: (flaw.path, flaw.line))))


def _home(found: list[Source], kind: str, ident: str) -> str:
    return next((one.path for one in reversed(found) if ident in definitions(one.tree, kind)), "")


def _list(value: Data) -> list[str]:
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    return [value] if isinstance(value, str) and value else []


def _shape(source: Source) -> Iterator[Flaw]:
    """Roots that netplan refuses, keys that come twice."""
    root = source.document.root
    if root is None:
        return
    tree = source.tree
    if not isinstance(tree, dict):
        yield Flaw(source.path, 1, "A mapping with the key network belongs here; netplan reads no file of this folder.")
        return
    for key in tree:
        if key != "network":
            yield source.flaw((key,), f"netplan knows no key {key!r} here: everything stands under network.")
    stack: list[object] = [root]
    while stack:
        node = stack.pop()
        pairs = getattr(node, "value", ())
        if not isinstance(pairs, list):
            continue
        seen = set[str]()
        for pair in pairs:
            if not isinstance(pair, tuple):
                stack.append(pair)
                continue
            key = str(pair[0].value)
            if key in seen:
                yield Flaw(source.path, pair[0].start_mark.line + 1, f"{key} stands here twice; the last one wins.")
            seen.add(key)
            stack.append(pair[1])


def _bond(
    name: str, definition: Data, ethernets: dict[str, Data], tree: Data, found: list[Source]
) -> tuple[Bond, list[Flaw]]:
    place = ("network", "bonds", name)
    flaws = list[Flaw]()
    ports = []
    for ident in _list(definition.get("interfaces")):
        if ident not in ethernets:
            flaws.append(_at(found, (*place, "interfaces"), f"{ident} is no interface that the files define."))
        settings = ethernets.get(ident, {})
        ports.append(Port(interface(ident, settings), address_of(settings)))
    renderer = definition.get("renderer") or _map(tree.get("network")).get("renderer") or "networkd"
    options, said = _options(_map(definition.get("parameters")), place, found, manager=renderer == "NetworkManager")
    primary = options.primary
    if primary and primary not in _list(definition.get("interfaces")):
        flaws.append(_at(found, (*place, "parameters", "primary"), f"{primary} is not among the interfaces of {name}."))
    elif primary:
        options = replace(options, primary=interface(primary, ethernets.get(primary, {})))
    addressing, more = addressing_of(definition, ("bonds", name), found)
    mtu = definition.get("mtu", "")
    size = int(mtu) if isinstance(mtu, str) and mtu.isdigit() else None
    return Bond(name, tuple(ports), options, addressing, size), [*flaws, *said, *more]


def _at(found: list[Source], path: tuple[str, ...], sentence: str) -> Flaw:
    """A flaw where the last file says something of `path`."""
    for source in reversed(found):
        tree: Data = source.tree
        for key in path:
            tree = _map(tree).get(key)
        if tree is not None:
            return source.flaw(path, sentence)
    return Flaw(found[-1].path if found else "", 1, sentence)


def _options(
    parameters: Data, place: tuple[str, ...], found: list[Source], *, manager: bool
) -> tuple[Options, list[Flaw]]:
    pairs, flaws = list[tuple[str, str]](), list[Flaw]()
    keys: dict[str, str] = {}
    for key, value in parameters.items():
        path = (*place, "parameters", key)
        if key in TIMES:
            span = int(value) if isinstance(value, str) and value.isdigit() else milliseconds(str(value))
            if span is None:
                flaws.append(_at(found, path, f"{key}: {value} is no time."))
                continue
            pairs.append((TIMES[key], str(span)))
        elif key in PLAIN:
            text = ",".join(_list(value)) if key == "arp-ip-targets" else str(value)
            pairs.append((PLAIN[key], str(int(is_true(value))) if PLAIN[key] == "all_slaves_active" else text))
            keys[PLAIN[key]] = key
        elif key == "primary":
            pairs.append(("primary", str(value)))
        elif key not in OTHERS:
            flaws.append(_at(found, path, f"netplan knows no parameter {key!r} of a bond; it reads none of the files."))
    watched = manager and not any(name in ("miimon", "arp_interval") for name, _ in pairs)
    result = read_options(pairs, replace(KERNEL, miimon=100) if watched else KERNEL)
    for problem in result.problems:
        name = problem.partition("=")[0]
        flaws.append(_at(found, (*place, "parameters", keys.get(name, name)), problem))
    return result.options, flaws


def addressing_of(definition: Data, place: tuple[str, str], found: list[Source]) -> tuple[Addressing, list[Flaw]]:
    """What a definition says of addresses; routes of other tables and policies are not the model's."""
    flaws, addresses, gateways, routes = list[Flaw](), list[str](), list[str](), list[Route]()
    for item in definition.get("addresses") or []:
        text = next(iter(item), "") if isinstance(item, dict) else item
        try:
            addresses.append(with_prefix(text))
        except ValueError as error:
            flaws.append(_at(found, ("network", *place, "addresses"), f"{text} cannot be an address: {error}."))
    gateways += [definition[key] for key in ("gateway4", "gateway6") if definition.get(key)]
    for route in definition.get("routes") or []:
        if not is_simple(route):
            continue
        to, via, metric = route.get("to", ""), route.get("via", ""), route.get("metric", "")
        try:
            if to in ("default", "0.0.0.0/0", "::/0"):
                gateways.append(via)
            else:
                routes.append(Route(network(to), via, int(metric) if metric else None))
        except ValueError as error:
            flaws.append(_at(found, ("network", *place, "routes"), f"The route to {to} cannot be used: {error}."))
    servers = _map(definition.get("nameservers"))
    method = DHCP if is_true(definition.get("dhcp4")) else STATIC if addresses else NOTHING
    addressing = Addressing(
        method,
        tuple(addresses),
        tuple(gateways),
        tuple(routes),
        tuple(_list(servers.get("addresses"))),
        tuple(_list(servers.get("search"))),
    )
    return addressing, flaws


def is_simple(route: Data) -> bool:
    """Whether a route says no more than the model can."""
    return isinstance(route, dict) and set(route) <= ROUTE_KEYS
