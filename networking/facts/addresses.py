"""Addresses and routes as `ip` tells them: JSON where it can, else a line for each (`ip -o`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from changes.plan import Json
from networking.facts.values import KernelRoute
from ssh.facts import FactError

TOLD_SCOPES = ("global", "site", "link")


@dataclass(frozen=True, slots=True)
class Addressed:
    """What ip says of an interface: the kernel's word for its kind ("bond", "vlan", empty if unsaid), addresses.

    passing  those that end unless they are renewed: by DHCP, or by router advertisement
    """

    kind: str
    permanent_address: str
    addresses: tuple[str, ...]
    passing: tuple[str, ...] = ()


def parse_addresses(text: str, what: str) -> dict[str, Addressed]:
    """Interface → what is said of it. Raises FactError naming the line.

    Real lines: `[{"ifindex":2,"ifname":"eth0",…,"addr_info":[{"family":"inet","local":"10.0.2.15",…`, or
    `2: eth0    inet 10.0.2.15/24 brd 10.0.2.255 scope global eth0\\       valid_lft forever …`.
    """
    if not text.startswith("["):
        return _addresses_of_lines(text, what)
    # iproute2 4.x leaves empty objects for what it filtered out
    return dict(_addressed(row, what) for row in _json(text, what) if "ifname" in row)


def _addressed(row: Mapping[str, Json], what: str) -> tuple[str, Addressed]:
    try:
        told = [entry for entry in row.get("addr_info", ()) if entry.get("scope") in TOLD_SCOPES]
        addresses = {f"{entry['local']}/{entry['prefixlen']}": bool(entry.get("dynamic")) for entry in told}
        kind = str(row.get("linkinfo", {}).get("info_kind", ""))
    except (KeyError, TypeError, AttributeError) as error:
        raise FactError(f"{what}: what ip says of {row['ifname']} is not as expected ({error!r}).") from error
    return str(row["ifname"]), _told(addresses, kind, str(row.get("permaddr", "")))


def _told(addresses: Mapping[str, bool], kind: str = "", permanent_address: str = "") -> Addressed:
    """`addresses` with whether each is a passing one."""
    passing = tuple(address for address, passes in addresses.items() if passes)
    return Addressed(kind, permanent_address, tuple(addresses), passing)


def _addresses_of_lines(text: str, what: str) -> dict[str, Addressed]:
    found: dict[str, dict[str, bool]] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or not words[0].rstrip(":").isdigit():
            raise FactError(f"{what}: ip's line {line!r} is not as expected.")
        addresses = found.setdefault(words[1].rstrip(":").partition("@")[0], {})
        if len(words) > 3 and words[2] in ("inet", "inet6"):
            scope = words[words.index("scope") + 1] if "scope" in words[:-1] else "global"
            address = words[3] if "/" in words[3] else f"{words[3]}/{128 if ':' in words[3] else 32}"
            if scope in TOLD_SCOPES:
                addresses[address] = "dynamic" in words
    return {name: _told(addresses) for name, addresses in found.items()}


def parse_routes(text: str, what: str) -> tuple[KernelRoute, ...]:
    """Routes of the main table, one for each hop of a multipath route. Raises FactError naming the line.

    Real lines: `[{"dst":"default","gateway":"10.0.2.2","dev":"eth0","protocol":"dhcp","metric":100,…`, or
    `default via 10.0.2.2 dev eth0 proto dhcp src 10.0.2.15 metric 100`.
    """
    if text.startswith("["):
        return tuple(route for row in _json(text, what) for route in _routes_of_row(row, what))
    return tuple(route for line in text.splitlines() if line.strip() for route in _routes_of_line(line, what))


def _routes_of_row(row: Mapping[str, Json], what: str) -> list[KernelRoute]:
    try:
        return [_hop(row, hop) for hop in row.get("nexthops", (row,))]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise FactError(f"{what}: ip's route {json.dumps(row)} is not as expected ({error!r}).") from error


def _hop(row: Mapping[str, Json], hop: Mapping[str, Json]) -> KernelRoute:
    return KernelRoute(
        to=str(row["dst"]),
        via=str(hop.get("gateway") or (hop.get("via") or {}).get("host", "")),
        device=str(hop.get("dev", "")),
        protocol=str(row.get("protocol", "boot")),  # ip leaves it out where it is boot
        metric=int(row.get("metric", 0)),
        source=str(row.get("prefsrc", "")),
    )


def _routes_of_line(line: str, what: str) -> Iterator[KernelRoute]:
    head, *hops = line.replace("\\", " ").split("nexthop ")
    words = head.split()
    if words[0] in ("unreachable", "blackhole", "prohibit", "throw", "unicast"):
        words = words[1:]
    if not words or words[0] == "via":
        raise FactError(f"{what}: ip's route {line!r} is not as expected.")
    said = _pairs(words[1:])
    metric = said.get("metric", "0")
    if not metric.isdigit():
        raise FactError(f"{what}: the metric of ip's route {line!r} is no number.")
    for hop in [{**said, **_pairs(hop.split())} for hop in hops] or [said]:
        protocol, source = said.get("proto", "boot"), said.get("src", "")
        yield KernelRoute(words[0], hop.get("via", ""), hop.get("dev", ""), protocol, int(metric), source)


def _pairs(words: Sequence[str]) -> dict[str, str]:
    """`via 10.0.2.2 dev eth0 …` by name; words that stand alone, such as onlink, shift what follows."""
    said, rest = dict[str, str](), list(words)
    while len(rest) > 1:
        if rest[0] in ("via", "dev", "proto", "src", "metric"):
            name, value, *rest = rest
            if value == "inet6" and rest:
                value, *rest = rest
            said[name] = value
        else:
            rest = rest[1:]
    return said


def _json(text: str, what: str) -> list[dict[str, Json]]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise FactError(f"{what}: ip's answer is no JSON from its position {error} on.") from error
    return [row for row in rows if isinstance(row, dict)]
