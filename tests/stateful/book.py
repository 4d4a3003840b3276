"""What the machine of rows keeps of what people did to when and by whom, in its own few words.

It asks no row and no rule of the product: a window is a first opening and so many minutes of each day, a freeze is a
span, a glass is who said what. So it can tell the product to be wrong.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 26, 12, tzinfo=UTC)
GLASS_HOLDS = timedelta(hours=4)
Span = tuple[datetime, datetime]


class Clock:
    """What everybody reads, the database too, as long as the game lasts; it goes on when a rule says so."""

    now = START

    def __call__(self) -> datetime:
        return self.now


@dataclass(eq=False)
class Opening:
    """A window: open from `first` on, each day for so many minutes. `near`: for this very host, else for every one."""

    first: datetime
    minutes: int
    near: bool
    on: bool = True

    def open(self, at: datetime) -> bool:
        return at >= self.first and (at - self.first) % A_DAY < timedelta(minutes=self.minutes)

    def edges(self, about: datetime) -> Iterator[datetime]:
        """When it opens and shuts, from a day before then to two days after."""
        past = max(0, (about - self.first) // A_DAY - 1)
        for day in range(past, past + 4):
            yield self.first + day * A_DAY
            yield self.first + day * A_DAY + timedelta(minutes=self.minutes)


@dataclass(eq=False)
class Frost:
    """A freeze, with its span."""

    start: datetime
    end: datetime
    on: bool = True

    def cold(self, at: datetime) -> bool:
        return self.on and self.start <= at < self.end


@dataclass(eq=False)
class Pane:
    """A glass: who asked to break it and for what, who was the second person, who used it, who wrote the review."""

    change: int
    digest: str
    lifts: frozenset[str]
    asker: str
    second: str = ""
    granted: bool = False
    until: datetime | None = None
    hands: set[str] = field(default_factory=set)
    reviewer: str = ""

    def live(self, now: datetime) -> bool:
        waits = not self.second
        return waits or bool(self.granted and self.until and now < self.until and not self.reviewer)

    @property
    def owes(self) -> bool:
        return bool(self.hands) and not self.reviewer


@dataclass(frozen=True)
class Needs:
    """So many approvers and beside them so many owners, for so many hours. `speaking`: (person, owner)."""

    people: int = 1
    owners: int = 0
    hours: int | None = None
    speaking: frozenset[tuple[str, str]] = frozenset()
    kept: object = None

    def frozen(self, speaking: frozenset[tuple[str, str]], kept: object) -> Needs:
        """As it goes into a change: with who speaks for the owner then, and the text that the change keeps of it."""
        return replace(self, speaking=speaking, kept=kept)

    def fresh(self, at: datetime, now: datetime) -> bool:
        return self.hours is None or now < at + self.hours * AN_HOUR

    def seated(self, people: Collection[str], owners: Collection[str]) -> bool:
        """Counted out: some people and some others take all seats, nobody two."""
        pairs = itertools.product(
            itertools.combinations(people, self.people), itertools.combinations(owners, self.owners)
        )
        return any(len({*some, *others}) == self.people + self.owners for some, others in pairs)


@dataclass
class Book:
    """acts     what has to be in the audit: (action, who, number of the change)
    starters  who pressed Run, for each change
    words     what each resume took a broken glass for as it was asked for
    needs     what was frozen into each change
    wrong     what was seen at a start that had to be no start
    """

    clock: Clock
    windows: dict[int, Opening] = field(default_factory=dict)
    freezes: dict[int, Frost] = field(default_factory=dict)
    slots: dict[int, Span] = field(default_factory=dict)
    missed: set[int] = field(default_factory=set)
    panes: dict[int, Pane] = field(default_factory=dict)
    needs: dict[int, Needs] = field(default_factory=dict)
    starters: dict[int, set[str]] = field(default_factory=dict)
    words: dict[int, set[str]] = field(default_factory=dict)
    rule: Needs = Needs()
    rule_on: bool = True
    owner: str = ""
    giver: str = ""
    members: dict[str, set[str]] = field(default_factory=dict)
    acts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.clock.now

    def did(self, action: str, who: str, what: object) -> None:
        self.acts[action, who, str(what)] += 1

    def counting(self) -> list[Opening]:
        """The windows nearest to the host."""
        on = [window for window in self.windows.values() if window.on]
        return [window for window in on if window.near] or on

    def cold(self, at: datetime) -> bool:
        return any(frost.cold(at) for frost in self.freezes.values())

    def free(self, number: int) -> bool:
        """Whether slot and windows let it start now."""
        slot = self.slots.get(number)
        if slot and not slot[0] <= self.now < slot[1]:
            return False
        return not self.counting() or bool(slot and any(one.open(self.now) for one in self.counting()))

    def free_to_go_on(self, number: int) -> bool:
        """The same of a run that waits: where there are windows, a slot that is over was used for the start."""
        slot = self.slots.get(number)
        if not self.counting() or (slot and self.now < slot[1]):
            return self.free(number)
        return any(one.open(self.now) for one in self.counting())

    def pickable(self, start: datetime, end: datetime) -> bool:
        """Looked at wherever something begins or ends: all that is left of it is open, and none of it frozen."""
        since = max(start, self.now)
        if not (start < end and self.now < end):
            return False
        moments = {since, *(edge for edge in self.edges() if since <= edge < end)}
        open_ = not self.counting() or all(any(one.open(at) for one in self.counting()) for at in moments)
        return open_ and not any(self.cold(at) for at in moments)

    def edges(self) -> list[datetime]:
        """Moments at which what may start can change."""
        found = [edge for window in self.windows.values() for edge in window.edges(self.now)]
        found += [edge for frost in self.freezes.values() for edge in (frost.start, frost.end)]
        found += [edge for slot in self.slots.values() for edge in slot]
        return sorted(found + [pane.until for pane in self.panes.values() if pane.until])

    def pane(self, number: int, digest: str) -> Pane | None:
        """The glass that is open for this plan."""
        open_ = [one for one in self.panes.values() if (one.change, one.digest) == (number, digest)]
        return next((one for one in open_ if one.live(self.now)), None)

    def speaking(self) -> set[tuple[str, str]]:
        """Who speaks for the machine's owner today: its people, but whoever gave it to them."""
        return {(who, self.owner) for who in self.members.get(self.owner, ()) if who != self.giver}
