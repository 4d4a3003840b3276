"""How values are put into words: sizes, durations, times, long names, unseen characters. Pure."""

import unicodedata
from datetime import datetime, timedelta

SIZES = ("KiB", "MiB", "GiB", "TiB", "PiB")
MINUTE, HOUR, DAY = 60, 3600, 86400
# A unit, its word, and up to how many of it the word is used; static/js/regroup.js says the shorter ones alike.
UNITS = (
    (MINUTE, "minute", 59.5),
    (HOUR, "hour", 23.5),
    (DAY, "day", 59.5),
    (30.44 * DAY, "month", 23.5),
    (365.25 * DAY, "year", float("inf")),
)


def human_bytes(count: int) -> str:
    """A size to three figures: 1536 -> '1.5 KiB', 999 -> '999 bytes'."""
    if abs(count) < 1024:
        return f"{count} byte{'' if abs(count) == 1 else 's'}"
    power = 1
    while abs(count) / 1024**power >= 1000 and power < len(SIZES):
        power += 1
    value = count / 1024**power
    return f"{value:.{0 if abs(value) >= 100 else 1}f} {SIZES[power - 1]}"


def human_duration(span: timedelta | float) -> str:
    """A span in its two largest units: 63 -> '1 m 03 s', 0.41 -> '0.4 s'."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 0:
        return "−" + human_duration(-seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} m {whole % MINUTE:02d} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} m"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def relative_time(moment: datetime, now: datetime) -> str:
    """How far `moment` is from `now`, in one unit: '4 minutes ago', 'in 2 days', 'just now'."""
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 45:
        return "just now"
    size, word = next((size, word) for size, word, below in UNITS if distance < below * size)
    count = max(1, round(distance / size))
    words = f"{count} {word}{'' if count == 1 else 's'}"
    return f"{words} ago" if seconds > 0 else f"in {words}"


def exact_time(moment: datetime) -> str:
    """The moment with weekday, seconds and zone: 'Sun 22 Nov 2026, 21:25:03 CET'."""
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M:%S %Z}".rstrip()


def shorten_middle(text: str, keep: int = 20) -> str:
    """The text with its middle left out when longer than `keep` characters: 'y7Xc0a…9k3Fq'."""
    if len(text) <= keep:
        return text
    tail = (keep - 1) // 2
    return text[: keep - 1 - tail] + "…" + text[len(text) - tail :]


def show_unseen(text: str) -> str:
    """The text with characters that cannot be seen, or that turn text around, written out.

    An approver must see what will run: a carriage return, an escape or a right-to-left
    override (https://trojansource.codes) becomes ‹U+202E›. Tab and line end stay.
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    hidden = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and char not in "\n\t"
    return f"‹U+{ord(char):04X}›" if hidden else char
