"""Versions of kernels in order, as rpm compares them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cmp_to_key
from typing import TypeVar

T = TypeVar("T")


def compare(one: str, other: str) -> int:
    """-1, 0 or 1: digits by number, letters by the alphabet, a number is newer than letters."""
    left, right = (re.findall(r"[0-9]+|[A-Za-z]+|~", text) for text in (one, other))
    for mine, theirs in zip(left, right, strict=False):
        if mine == theirs:
            continue
        if "~" in (mine, theirs):
            return -1 if mine == "~" else 1
        if mine.isdecimal() != theirs.isdecimal():
            return 1 if mine.isdecimal() else -1
        if mine.isdecimal() and int(mine) == int(theirs):
            continue
        smaller = int(mine) < int(theirs) if mine.isdecimal() else mine < theirs
        return -1 if smaller else 1
    return (len(left) > len(right)) - (len(left) < len(right))


def newest_first(rows: Iterable[tuple[str, T]]) -> list[tuple[str, T]]:
    """Pairs of a version and anything."""
    by_version = cmp_to_key(compare)
    return sorted(rows, key=lambda row: by_version(row[0]), reverse=True)
