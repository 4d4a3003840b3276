"""Log lines packed many to a row: split, compress, and back. Pure.

A line never holds a NUL (`text.printable`), so that one stands between two of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

LINES = 1000
"""Lines in one chunk at most: what reading any one line has to unpack."""

_FAST = 1


def pack(lines: Sequence[str]) -> bytes:
    """Lines without NUL, at least one, as a chunk's body. What is no text (a lone surrogate) becomes `?`."""
    return zlib.compress("\0".join(lines).encode("utf-8", "replace"), _FAST)


def unpack(body: bytes | memoryview) -> list[str]:
    """The lines of a body that `pack` made."""
    return zlib.decompress(body).decode().split("\0")


def cuts(lines: Sequence[str], first: int) -> Iterator[tuple[int, Sequence[str]]]:
    """The lines in pieces of at most `LINES`, each with the number of its first."""
    for at in range(0, len(lines), LINES):
        yield first + at, lines[at : at + LINES]
