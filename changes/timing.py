"""Whether a change may start at a moment, as pure rules: its slot, the windows of its hosts, and freezes, which win.

Where no window covers a host, that host restricts nothing. Windows and freezes count as they are at the moment of
the start; what a change keeps is its slot, two moments that nothing moves but a person who picks another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from changes.windows import HORIZON, Slot, Window, common, merged, said, said_moment, without

LONGEST_SLOT = timedelta(days=7)


class Scope(StrEnum):
    """For which hosts a window or a freeze counts, the nearest last."""

    EVERYTHING = "everything"
    SITES = "sites"
    OWNERS = "owners"
    HOSTS = "hosts"


class Lift(StrEnum):
    """What a broken glass lets pass."""

    WINDOW = "window"
    FREEZE = "freeze"
    APPROVAL = "approval"
    READINESS = "readiness"


@dataclass(frozen=True, slots=True)
class Frozen:
    """A freeze: nothing starts in its span. `zone` is what its times are told in."""

    name: str
    span: Slot
    reason: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Place:
    """A host with the windows nearest to it, and the freezes that cover it."""

    host: str
    windows: tuple[Window, ...] = ()
    freezes: tuple[Frozen, ...] = ()


@dataclass(frozen=True, slots=True)
class Times:
    """What counts for one change.

    slot     what was picked for it
    in_turn  it is started by its rollout: the windows count, and it needs no slot of its own
    begun    it waits in the middle, its slot used for the start: the windows count, as for one in turn
    zone     for times of hosts without a window
    """

    places: tuple[Place, ...]
    slot: Slot | None = None
    in_turn: bool = False
    zone: str = "UTC"
    begun: bool = False

    @property
    def windows(self) -> tuple[Window, ...]:
        return tuple(dict.fromkeys(window for place in self.places for window in place.windows))

    @property
    def freezes(self) -> tuple[Frozen, ...]:
        return tuple(dict.fromkeys(freeze for place in self.places for freeze in place.freezes))

    @property
    def shown_in(self) -> str:
        """The zone in which its times are told: that of its first window."""
        return self.windows[0].zone if self.windows else self.zone


@dataclass(frozen=True, slots=True)
class Timed:
    """One line of the gate; only `ok` True lets it start. None: it is for the moment of the start to tell."""

    title: str
    ok: bool | None
    reason: str
    help: str = ""


def begun(times: Times, now: datetime) -> Times:
    """What counts for a run that has begun: a slot that is over was used for the start, and windows alone say when.

    Where there are none its slot is all that anybody was told of, and counts on.
    """
    used = times.slot is None or times.slot.end <= now
    return replace(times, slot=None, begun=True) if times.windows and used else times


def nearest(found: Iterable[tuple[Scope, Window]]) -> tuple[Window, ...]:
    """Of the windows that cover a host, those that count: of the nearest scope there is; they add up."""
    rows, order = list(found), list(Scope)
    near = max((order.index(scope) for scope, _ in rows), default=0)
    return tuple(window for scope, window in rows if order.index(scope) == near)


def openings(times: Times, after: datetime, *, frozen: bool = True) -> list[Slot]:
    """When every restricted host is open, whole where it is so already, up to the horizon; all time if none is.

    frozen  leave out freezes
    """
    found = [Slot(after - LONGEST_SLOT if times.windows else after, after + HORIZON)]
    for place in times.places:
        if place.windows:
            found = common(found, merged(slot for window in place.windows for slot in window.slots(after)))
    left = without(found, [freeze.span for freeze in times.freezes]) if frozen else found
    return [slot for slot in left if slot.end > after]


def choices(times: Times, after: datetime, n: int) -> list[Slot]:
    """The next n slots to pick from; none where no window says when."""
    return openings(times, after)[:n] if times.windows else []


def unfit(times: Times, slot: Slot, now: datetime) -> str:
    """Why the slot cannot be picked, as a sentence; empty if it can."""
    if slot.end <= slot.start:
        return "A slot ends after it begins."
    if slot.end <= now:
        return "This slot is over already; pick one that is still to come."
    if slot.start > now + HORIZON or slot.end - slot.start > LONGEST_SLOT:
        return f"A slot is at most {LONGEST_SLOT.days} days long and begins within {HORIZON.days} days."
    for freeze in times.freezes:
        if freeze.span.meets(slot):
            return f"Freeze “{freeze.name}” covers it, {said(freeze.span, freeze.zone)}: {freeze.reason}"
    rest = Slot(max(slot.start, now), slot.end)
    if times.windows and not any(rest.within(one) for one in openings(times, now)):
        return f"It is not within {_named(times)}. {_next(times, now)}"
    return ""


def weigh_times(times: Times, now: datetime, lifted: Collection[Lift] = ()) -> list[Timed]:
    """The gate's lines on time, in order: freezes, then slot and windows.

    lifted  what a broken glass lets pass; the line says so
    """
    return [_freeze(times, now, Lift.FREEZE in lifted), _window(times, now, Lift.WINDOW in lifted)]


def held(lines: Iterable[Timed]) -> str:
    """Why it may not start now, as a sentence; empty if it may."""
    return " ".join(f"{line.reason} {line.help}".strip() for line in lines if line.ok is not True)


def _freeze(times: Times, now: datetime, lifted: bool) -> Timed:
    over = next((freeze for freeze in times.freezes if freeze.span.holds(now)), None)
    if over is None:
        ahead = min((freeze.span.start for freeze in times.freezes), default=None)
        until = f" until {said_moment(ahead, times.shown_in)}" if ahead else ""
        return Timed("Freeze", True, f"Nothing is frozen on {_hosts(times)}{until}.")
    end = said_moment(over.span.end, over.zone)
    if lifted:
        return Timed("Freeze", True, f"The glass is broken: freeze “{over.name}”, until {end}, does not stop it.")
    return Timed("Freeze", False, f"Freeze “{over.name}” holds until {end}: {over.reason}")


def _window(times: Times, now: datetime, lifted: bool) -> Timed:
    slot, zone = times.slot, times.shown_in
    if lifted:
        return Timed("Window", True, "The glass is broken: it may start outside its window.")
    if slot and slot.end <= now:
        missed = f"Its slot, {said(slot, zone)}, is over, and what was missed never runs late."
        return Timed("Window", False, missed, _next(times, now, "Pick another one."))
    if slot and now < slot.start:
        return Timed("Window", None, f"Its slot is {said(slot, zone)}{_by(times)}. It may start then, and not before.")
    shut = [place for place in times.places if place.windows and not any(w.is_open(now) for w in place.windows)]
    if shut:
        what = f"{_named(times, shut)} {'is' if len(shut) == 1 else 'are'} not open now."
        needs = "Pick another slot." if slot else "" if times.in_turn or times.begun else "Pick a slot."
        return Timed("Window", False, what, _next(times, now, needs))
    if slot:
        return Timed("Window", True, f"Its slot is now: {said(slot, zone)}{_by(times)}.")
    if not times.windows:
        return Timed("Window", True, f"No window covers {_hosts(times)}, so it may start at any time.")
    if times.begun:
        return Timed("Window", True, f"{_named(times)} is open.")
    if times.in_turn:
        return Timed("Window", True, f"{_named(times)} is open, and its rollout starts it.")
    return Timed("Window", False, f"{_named(times)} says when, and no slot is picked.", _next(times, now, "Pick one."))


def _next(times: Times, now: datetime, first: str = "") -> str:
    """When it could be: the next slot in words."""
    found = choices(times, now, 1)
    if found:
        return f"{first} Next: {said(found[0], times.shown_in)}.".strip()
    none = f"None comes within {HORIZON.days} days; an administrator can help." if times.windows else ""
    return f"{first} {none}".strip()


def _named(times: Times, places: Sequence[Place] = ()) -> str:
    """The windows that count, by name and host."""
    words = []
    for place in places or [place for place in times.places if place.windows]:
        names = " or ".join(f"“{window.name}”" for window in place.windows)
        words.append(f"{names} of {place.host}")
    return f"Window {' and '.join(words)}"


def _by(times: Times) -> str:
    return f", by {_named(times)[0].lower()}{_named(times)[1:]}" if times.windows else ""


def _hosts(times: Times) -> str:
    return " and ".join(place.host for place in times.places)
