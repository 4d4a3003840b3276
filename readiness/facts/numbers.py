"""Numbers that a host names: no longer than any that it could mean."""

from __future__ import annotations

MOST_DIGITS = 18
LATEST = 2**33
"""Seconds since 1970, in the year 2242; also longer than anything has been up."""


def number(text: str) -> int | None:
    """None for what is no plain decimal number of up to eighteen digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def moment(text: str) -> int | None:
    """Seconds that can be shown as a date; None for others."""
    found = number(text)
    return found if found is not None and found <= LATEST else None
