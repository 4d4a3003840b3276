"""How a bond's values are put into words, the same on every page and in the API. Pure."""

from __future__ import annotations

from networking.bonding.words import speed
from networking.seen import PortSeen

UNKNOWN_SPEED = "unknown speed"
POLICY = {
    "always": "always back to the primary",
    "better": "back only to a faster primary",
    "failure": "stays until it fails",
}


def speed_words(mbps: int | None) -> str:
    """A speed by itself: 10000 → '10 Gb/s', None → 'unknown speed'."""
    return speed(mbps) if mbps else UNKNOWN_SPEED


def against_nominal(mbps: int | None, nominal: int | None) -> str:
    """Speed now, and what the port could do where that is more: '1 Gb/s of 10 Gb/s'."""
    if mbps and nominal and mbps < nominal:
        return f"{speed_words(mbps)} of {speed_words(nominal)}"
    return speed_words(mbps)


def port_words(port: PortSeen) -> str:
    """What a port does: carries the traffic, stands by, or is dead."""
    if not port.up:
        return "dead"
    return "active" if port.active else "standing by"


def policy_words(policy: str) -> str:
    return POLICY.get(policy, policy or "no policy")


def failure_words(hour: int, day: int) -> str:
    """'2 in the last hour, 5 in the last day'; 'none' where there are none."""
    return f"{hour} in the last hour, {day} in the last day" if day else "none in the last day"
