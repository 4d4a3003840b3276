"""Reads /proc/net/bonding/<bond>, from Linux 2.6.1 and RHEL 5 to today's kernel.

The kernel's own order of lines is not relied on, only which of them stand after a “Slave Interface:”; see
Documentation/networking/bonding.rst and bond_procfs.c. What is not understood is kept where it stood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from networking.bonding.model import MODES
from networking.bonding.status import BondStatus, PortStatus

HEADER = "Ethernet Channel Bonding Driver"
PORT = "Slave Interface"
HEADLESS = ("Bonding Mode", "Primary Slave", "Currently Active Slave")
"""Lines that no other file begins with: such text is read too, its head cut off."""

MODE_TEXTS = dict(
    zip(
        (
            "load balancing (round-robin)",
            "fault-tolerance (active-backup)",
            "load balancing (xor)",
            "fault-tolerance (broadcast)",
            "IEEE 802.3ad Dynamic link aggregation",
            "transmit load balancing",
            "adaptive load balancing",
        ),
        MODES,
        strict=True,
    )
)
NO_SPEED = (0, 65535, 2**32 - 1)
"""What kernels before 3.x wrote for an unknown speed."""

Fields = Mapping[str, Any]
Reader = Callable[[str], Fields | None]
"""Text after the colon → fields of the status; None where it is not understood."""


@dataclass(slots=True)
class _Part:
    """The bond, or one of its ports, while its lines are read. The first of two equal lines counts."""

    fields: dict[str, Any] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def take(self, line: str, readers: Mapping[str, Reader]) -> None:
        key, value = _halves(line)
        reader = readers.get(key)
        understood = reader(value) if reader else None
        if understood is None or understood.keys() & self.fields.keys():
            self.unknown.append(line)
        else:
            self.fields.update(understood)


def parse_proc(text: str) -> BondStatus:
    """The bond that the text tells of. Truncated and odd text is read as far as it goes.

    Raises ValueError naming the line where the text is no such file, or holds a second one.
    """
    bond, ports = _Part(), list[_Part]()
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        key, value = _halves(line)
        if not line.strip():
            continue
        if not bond.fields and not bond.unknown:
            _begin(bond, number, line)
        elif key == HEADER:
            raise ValueError(
                f"Line {number} begins a second bond ({line!r}): read each file of /proc/net/bonding alone."
            )
        elif key == PORT and value:
            ports.append(_Part({"name": value}))
        elif ports:
            ports[-1].take(line, PORT_LINES)
        else:
            bond.take(line, BOND_LINES)
    if not bond.fields and not bond.unknown:
        raise ValueError(f"The text is empty from line 1 on: a file of /proc/net/bonding begins with “{HEADER}”.")
    told = tuple(PortStatus(**port.fields, unknown=tuple(port.unknown)) for port in ports)
    return BondStatus(**{"driver": "", "mode": "", **bond.fields}, ports=told, unknown=tuple(bond.unknown))


def _begin(bond: _Part, number: int, line: str) -> None:
    key, value = _halves(line)
    if key == HEADER:
        bond.fields["driver"] = value
    elif key in HEADLESS:
        bond.take(line, BOND_LINES)
    else:
        raise ValueError(f"Line {number} ({line!r}) is not how a file of /proc/net/bonding begins: “{HEADER}: …”.")


def _halves(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip(), value.strip()


def _text(name: str) -> Reader:
    return lambda value: {name: value} if value else None


def _or_none(name: str) -> Reader:
    return lambda value: {name: None if value == "None" else value} if value else None


def _number(name: str) -> Reader:
    return lambda value: {name: int(value)} if re.fullmatch(r"[0-9]{1,18}", value) else None


def _mode(value: str) -> Fields | None:
    text, _, policy = value.partition(" (fail_over_mac ")
    if not text:
        return None
    mode = {"mode": MODE_TEXTS.get(text, text)}
    return {**mode, "fail_over_mac": policy.removesuffix(")")} if policy else mode


def _primary(value: str) -> Fields | None:
    match = re.fullmatch(r"(\S+)(?: \(primary_reselect (\w+)\))?", value)
    if not match:
        return None
    primary = {"primary": None if match[1] == "None" else match[1]}
    return {**primary, "primary_reselect": match[2]} if match[2] else primary


def _targets(value: str) -> Fields | None:
    targets = tuple(word.strip() for word in value.split(",") if word.strip())
    try:
        return {"arp_ip_targets": tuple(str(ip_address(target)) for target in targets)}
    except ValueError:
        return None


def _speed(value: str) -> Fields | None:
    if value in ("Unknown", "-1 Mbps"):
        return {"speed_mbps": None}
    match = re.fullmatch(r"([0-9]{1,10}) Mbps", value)
    if not match:
        return None
    return {"speed_mbps": None if int(match[1]) in NO_SPEED else int(match[1])}


def _duplex(value: str) -> Fields | None:
    return {"duplex": None if value == "Unknown" else value} if value in ("full", "half", "Unknown") else None


def _address(value: str) -> Fields | None:
    """Six bytes of Ethernet, twenty of InfiniBand."""
    address = value.lower()
    return {"permanent_address": address} if re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2})+", address) else None


BOND_LINES: Mapping[str, Reader] = {
    "Bonding Mode": _mode,
    "Primary Slave": _primary,
    "Currently Active Slave": _or_none("active"),
    "MII Status": _text("mii_status"),
    "MII Polling Interval (ms)": _number("miimon"),
    "Up Delay (ms)": _number("updelay"),
    "Down Delay (ms)": _number("downdelay"),
    "Peer Notification Delay (ms)": _number("peer_notif_delay"),
    "ARP Polling Interval (ms)": _number("arp_interval"),
    "ARP IP target/s (n.n.n.n form)": _targets,
}
PORT_LINES: Mapping[str, Reader] = {
    "MII Status": _text("mii_status"),
    "Speed": _speed,
    "Duplex": _duplex,
    "Link Failure Count": _number("link_failure_count"),
    "Permanent HW addr": _address,
    "Slave queue ID": _number("queue_id"),
}
