"""Time spans as systemd and netplan write them."""

from __future__ import annotations

import re

SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([a-zµμ]*)")
UNITS = {"us": 0.001, "µs": 0.001, "μs": 0.001, "usec": 0.001, "ms": 1, "msec": 1, "s": 1000, "sec": 1000}
UNITS |= {"second": 1000, "seconds": 1000, "m": 60_000, "min": 60_000, "minute": 60_000, "minutes": 60_000}
UNITS |= {"h": 3_600_000, "hr": 3_600_000, "hour": 3_600_000, "hours": 3_600_000, "": 1000}


def milliseconds(text: str) -> int | None:
    """A systemd time span in ms; None if it is none. A number alone is in seconds."""
    total, rest = 0.0, text.strip()
    if not rest:
        return None
    while rest:
        match = SPAN.match(rest)
        if not match or match[2] not in UNITS:
            return None
        total += float(match[1]) * UNITS[match[2]]
        rest = rest[match.end() :].lstrip()
    return int(total)
