"""Speeds and lists of names as people read them."""

from __future__ import annotations

from collections.abc import Iterable


def speed(mbps: int | None) -> str:
    """`10 Gb/s`, `2.5 Gb/s`, `100 Mb/s`, or `an unknown speed`."""
    if mbps is None:
        return "an unknown speed"
    return f"{mbps / 1000:g} Gb/s" if mbps >= 1000 else f"{mbps} Mb/s"


def names(items: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`; `none` of nothing."""
    listed = list(items)
    if not listed:
        return "none"
    *rest, last = listed
    return f"{', '.join(rest)} and {last}" if rest else last


def ago(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h`, `2 days`: rounded down."""
    for unit, size in ((" days", 86400), (" h", 3600), (" min", 60)):
        if seconds >= 2 * size or (size == 60 and seconds >= 60):
            return f"{int(seconds // size)}{unit}"
    return f"{int(max(seconds, 0))} s"
