"""Neighbours by LLDP, from lldpd's three shapes of JSON and networkd's two answers.

Tolerant: what a switch says of itself is never relied on, only shown and warned of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from networking.facts.values import Neighbour

NOBODY = "Neither lldpctl nor networkctl is there to ask for neighbours."
COLUMNS = re.compile(r"LINK|CHASSIS[ -]ID|SYSTEM[ -]NAME|CAPS|PORT[ -]ID|PORT[ -]DESCRIPTION")
BRIDGE_OR_ROUTER = 0x14
"""Bits of LLDP's system capabilities."""

Heard = tuple[str, bool, Neighbour]
"""Interface, whether the other end is a switch or router, and what it says."""


def parse_lldp(text: str) -> tuple[dict[str, Neighbour], str]:
    """Interface → neighbour, a switch before a telephone; and by whom they were heard, or a sentence why not."""
    silent = [line.removeprefix("silent=") for line in text.splitlines() if line.startswith("silent=")]
    match = re.search(r"^by=(\w+)\n(.*)", text, re.MULTILINE | re.DOTALL)
    if not match:
        return {}, f"{silent[0]}" if silent else NOBODY
    by, said = match[1], match[2]
    try:
        heard = list(_table(said) if not said.startswith("{") else _lldpd(said) if by == "lldpctl" else _networkd(said))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return {}, f"What {by} answers about neighbours is not as expected ({error})."
    found: dict[str, tuple[bool, Neighbour]] = {}
    for name, is_switch, neighbour in heard:
        if name not in found or (is_switch and not found[name][0]):
            found[name] = (is_switch, neighbour)
    return {name: neighbour for name, (_, neighbour) in found.items()}, by


def _lldpd(said: str) -> Iterator[Heard]:
    """json0 has lists everywhere and a "name" in each; json has objects keyed by name, or lists of those."""
    for block in _list(json.loads(said)["lldp"]):
        for entry in _list(block.get("interface")):
            if isinstance(entry.get("name"), str):
                yield entry["name"], *_of_lldpd(entry)
            else:
                for name, described in entry.items():
                    for one in _list(described):
                        yield name, *_of_lldpd(one)


def _of_lldpd(entry: dict[str, Any]) -> tuple[bool, Neighbour]:
    chassis: dict[str, Any] = next(iter(_list(entry.get("chassis"))), {})
    name = _value(chassis.get("name"))
    if chassis and "id" not in chassis:
        name, chassis = next(iter(chassis.items()))
    port: dict[str, Any] = next(iter(_list(entry.get("port"))), {})
    port_id: dict[str, Any] = next(iter(_list(port.get("id"))), {})
    described = _value(port.get("descr"))
    port_name = described if port_id.get("type") == "mac" and described else _value(port_id)
    able = {row.get("type") for row in _list(chassis.get("capability")) if row.get("enabled")}
    switch_id = _value(chassis.get("id"))
    vlans = [row.get("vlan-id") for row in _list(entry.get("vlan")) if row.get("pvid")]
    vlan = int(vlans[0]) if vlans and str(vlans[0]).isdigit() else None
    return bool(able & {"Bridge", "Router"}), Neighbour(name or switch_id, port_name, switch_id, vlan)


def _networkd(said: str) -> Iterator[Heard]:
    """systemd 257 and newer."""
    for interface in json.loads(said).get("Neighbors", ()):
        for row in interface.get("Neighbors", ()):
            switch_id, port_id = str(row.get("ChassisID", "")), str(row.get("PortID", ""))
            by_address = re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", port_id) and row.get("PortDescription")
            neighbour = Neighbour(
                str(row.get("SystemName") or switch_id),
                str(by_address or port_id),
                switch_id,
                row["VlanID"] if isinstance(row.get("VlanID"), int) and row["VlanID"] else None,
            )
            yield str(interface["InterfaceName"]), bool(row.get("EnabledCapabilities", 0) & BRIDGE_OR_ROUTER), neighbour


def _table(said: str) -> Iterator[Heard]:
    """networkctl before 257, whose lldp knows no JSON: columns by where their titles begin."""
    lines = said.strip("\n").split("\n")
    starts = [match.start() for match in COLUMNS.finditer(lines[0])]
    if len(starts) != 6:
        raise ValueError(f"no such table: {lines[0]!r}")
    for line in lines[1:]:
        if not line.strip():
            return
        ends = [*starts[1:], None]
        cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        name, switch_id, system, able, port, described = ("" if cell in ("-", "n/a") else cell for cell in cells)
        by_address = re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", port) and described
        neighbour = Neighbour(system or switch_id, by_address or port, switch_id)
        yield name, "b" in able or "r" in able, neighbour


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _value(value: Any) -> str:
    first = next(iter(_list(value)), "")
    return str(first.get("value", "")) if isinstance(first, dict) else str(first)
