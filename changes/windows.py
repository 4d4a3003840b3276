"""When work may be done: windows that come again, in the time of a place on earth, and spans between them. Pure.

A window comes by an RRULE (RFC 5545) of days, at a time of day in its zone, and stays open for so many minutes of
real time. Where clocks go forward over its start it opens as much later as they go forward; where they go back and
its start comes twice, it opens the first time. So each occurrence has one start and always the same length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrule, rrulestr

HORIZON = timedelta(days=400)
"""So far ahead windows are looked for."""
MOST_MINUTES = 7 * 24 * 60

_DAY = "(MO|TU|WE|TH|FR|SA|SU)"
_DAYS = f"{_DAY}(,{_DAY})*"
_NTH = rf"([+-]?[1-5])?{_DAY}(,([+-]?[1-5])?{_DAY})*"
_MONTH_DAY = r"-?([1-9]|[12]\d|3[01])"
GRAMMAR = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d?",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}",
    "WKST": _DAY,
    "BYDAY": _DAYS,
    "BYMONTH": r"([1-9]|1[0-2])(,([1-9]|1[0-2]))*",
}
"""What every rule may have. The hour is the window's own, so that it comes once a day at most."""
OF_MONTHS = {**GRAMMAR, "BYDAY": _NTH, "BYMONTHDAY": rf"{_MONTH_DAY}(,{_MONTH_DAY})*", "BYSETPOS": r"-?[1-9]\d?"}
"""The same for MONTHLY and YEARLY."""


class BadRule(ValueError):
    """The RRULE cannot be one of a window; the message is the sentence."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A span of time from `start`, and up to `end` without it; both aware."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def within(self, other: Slot) -> bool:
        return other.start <= self.start and self.end <= other.end

    def meets(self, other: Slot) -> bool:
        """Whether they have a moment in common."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Window:
    """rule: a checked RRULE; day: from when on it comes; at, zone: its start there; minutes: how long it is open."""

    name: str
    rule: str
    day: date
    at: time
    minutes: int
    zone: str = "UTC"

    def slots(self, after: datetime) -> Iterator[Slot]:
        """Each time that it is open and that ends after then, in order, as far as the horizon; in UTC."""
        zone, length = ZoneInfo(self.zone), timedelta(minutes=self.minutes)
        from_local = after.astimezone(zone).replace(tzinfo=None) - length - timedelta(days=1)
        for local in _recurring(self.rule, datetime.combine(self.day, self.at)).xafter(from_local, inc=True):
            # fold=0: of a doubled hour the first; of one that does not exist, by the offset before it, hence later
            start = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
            if start > after + HORIZON:
                return
            if start + length > after:
                yield Slot(start, start + length)

    def is_open(self, at: datetime) -> bool:
        slot = next(self.slots(at), None)
        return slot is not None and slot.holds(at)

    def next_slots(self, after: datetime, n: int) -> list[Slot]:
        """The next n; the first may be open already."""
        return list(islice(self.slots(after), n))


@lru_cache(maxsize=256)
def _recurring(rule: str, first: datetime) -> rrule:
    # UNTIL names a day, which is in it: for dateutil it would end as that day begins.
    found: rrule = rrulestr(re.sub(r"UNTIL=(\d{8})", r"UNTIL=\1T235959", rule), dtstart=first, cache=True)
    return found


def checked(rule: str, first: datetime) -> str:
    """The RRULE as it is kept: no prefix, upper case. Raises BadRule where it is none, or never comes round."""
    text = rule.strip().upper().removeprefix("RRULE:")
    pairs = [part.partition("=") for part in text.split(";") if part]
    parts = {name: value for name, _, value in pairs}
    grammar = OF_MONTHS if parts.get("FREQ") in ("MONTHLY", "YEARLY") else GRAMMAR
    for name, _, value in pairs:
        if name not in grammar:
            known = ", ".join(grammar)
            raise BadRule(f"{name[:20]!r} cannot stand in this rule. It may have {known}.")
        if not re.fullmatch(grammar[name], value):
            raise BadRule(f"{value[:40]!r} is no {name} that a window can have.")
    if "FREQ" not in parts or len(parts) != len(pairs):
        raise BadRule("A rule says how often, once: FREQ=WEEKLY;BYDAY=SU, for example.")
    if "BYSETPOS" in parts and not parts.keys() & {"BYDAY", "BYMONTHDAY"}:
        raise BadRule("BYSETPOS chooses among days: give BYDAY or BYMONTHDAY as well.")
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        comes = next(iter(_recurring(text, first)), None)
    except ValueError as error:
        raise BadRule(f"The rule cannot be read: {error}.") from error
    if comes is None:
        raise BadRule("By this rule the window never comes round.")
    return text


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """The names of the IANA's list, such as Europe/Berlin."""
    return frozenset(available_timezones())


def merged(slots: Iterable[Slot]) -> list[Slot]:
    """The same time, in order, with what touches or overlaps made one."""
    found: list[Slot] = []
    for slot in sorted(slots):
        if found and slot.start <= found[-1].end:
            found[-1] = Slot(found[-1].start, max(found[-1].end, slot.end))
        else:
            found.append(slot)
    return found


def common(one: Sequence[Slot], other: Sequence[Slot]) -> list[Slot]:
    """What is in both; each in order and merged."""
    found, left, right = [], 0, 0
    while left < len(one) and right < len(other):
        here, there = one[left], other[right]
        if here.meets(there):
            found.append(Slot(max(here.start, there.start), min(here.end, there.end)))
        left, right = (left + 1, right) if here.end <= there.end else (left, right + 1)
    return found


def without(slots: Iterable[Slot], taken: Iterable[Slot]) -> list[Slot]:
    """What is left of the slots once these are taken from them."""
    left = list(slots)
    for gone in taken:
        pieces = [(Slot(s.start, min(s.end, gone.start)), Slot(max(s.start, gone.end), s.end)) for s in left]
        left = [piece for pair in pieces for piece in pair if piece.start < piece.end]
    return merged(left)


def said(slot: Slot, zone: str) -> str:
    """The slot in that zone's time: `Sun 29 Nov 2026 02:00–04:00 CET`."""
    start, end = (moment.astimezone(ZoneInfo(zone)) for moment in (slot.start, slot.end))
    names = f" {start:%Z}" if start.tzname() != end.tzname() else ""
    if start.date() == end.date():
        return f"{start:%a} {start.day} {start:%b %Y %H:%M}{names}–{end:%H:%M %Z}"
    return f"{start:%a} {start.day} {start:%b %Y %H:%M}{names} – {end:%a} {end.day} {end:%b %H:%M %Z}"


def said_moment(moment: datetime, zone: str) -> str:
    """`Sun 29 Nov 2026 02:00 CET`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"
