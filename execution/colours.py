"""The colours of a log line: escape sequences become classes. Pure.

Foreground colours and weights only: a background that a host chose could make text unreadable. Every line begins
plain, so that any part of a log looks the same wherever one begins to read.
"""

from __future__ import annotations

from collections.abc import Iterator

from execution.text import COLOUR

NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
STYLES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike"}
OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("inverse",), 29: ("strike",)}

Span = tuple[str, str]
"""Classes with spaces between (empty: none), and text without escape sequences."""


def spans(raw: str) -> list[Span]:
    """The line in pieces that look alike: `\\x1b[31mno\\x1b[0m` -> [("a-red", "no")]."""
    pieces = COLOUR.split(raw)
    found: list[Span] = []
    styles: list[str] = []
    for at, piece in enumerate(pieces):
        if at % 2:
            styles = _after(styles, piece)
        elif piece:
            found.append((" ".join(f"a-{name}" for name in styles), piece))
    return found or [("", "")]


def _after(styles: list[str], codes: str) -> list[str]:
    """The styles in force after one sequence."""
    for code in _codes(codes):
        if code == 0:
            styles = []
        elif code in STYLES:
            styles = [name for name in styles if name != STYLES[code]] + [STYLES[code]]
        elif code in OFF:
            styles = [name for name in styles if name not in OFF[code]]
        elif code == 39 or 30 <= code <= 37 or 90 <= code <= 97:
            styles = [name for name in styles if name not in NAMES] + ([NAMES[code % 10]] if code != 39 else [])
    return styles


def _codes(text: str) -> Iterator[int]:
    """The numbers of a sequence; of the 256 colours the first 16 are those with names, the others are left out."""
    numbers = iter([int(word[:6] or 0) for word in text.split(";")])
    for number in numbers:
        if number not in (38, 48):
            yield number
            continue
        how = next(numbers, 0)
        rest = [next(numbers, 0) for _ in range({5: 1, 2: 3}.get(how, 0))]
        if number == 38 and how == 5 and rest[0] < 16:
            yield 30 + rest[0] % 8
