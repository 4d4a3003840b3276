"""Which machine wants an owner's word most: criticality × how long nobody has given it. Pure.

The score moves with time, so a list is read as of one moment, which its links carry. Within one criticality the order
is that of `waits_since` alone, so that a page is a few short reads of an index, put together here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from inventory.states import Criticality

WEIGHTS: dict[Criticality, int] = {
    Criticality.LOW: 1,
    Criticality.NORMAL: 2,
    Criticality.HIGH: 5,
    Criticality.CRITICAL: 10,
}
"""A critical machine of a month stands where a normal one of five months does."""

KINDS = ("host", "vm")
MICRO = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = re.compile(r"([0-9]{1,17})-([0-9]{1,20})-(host|vm)-([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a machine's place in the list hangs on."""

    kind: str
    pk: int
    criticality: str
    waits_since: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """The moment of the list, and the last row shown: its score, kind and key. `text` is its form in a URL."""

    at: datetime
    score: int
    kind: str
    pk: int

    @property
    def text(self) -> str:
        return f"{(self.at - EPOCH) // MICRO}-{self.score}-{self.kind}-{self.pk}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """None where the text is none of ours."""
        found = CURSOR.fullmatch(text)
        if not found:
            return None
        try:
            at = EPOCH + int(found[1]) * MICRO
        except OverflowError:
            return None
        return cls(at, int(found[2]), found[3], int(found[4]))

    def beyond(self, criticality: Criticality) -> tuple[datetime, bool] | None:
        """Where rows of this criticality go on: `waits_since` from there on, and whether a row of exactly then may be
        a tie, to be told apart by kind and key. None: before all that there is."""
        waited, rest = divmod(self.score, WEIGHTS[criticality])
        try:
            return self.at - waited * MICRO, rest == 0
        except OverflowError:
            return None


def score_of(row: Standing, at: datetime) -> int:
    """Microseconds without a word, times the weight of the criticality."""
    return WEIGHTS[Criticality(row.criticality)] * ((at - row.waits_since) // MICRO)


def worst_first(rows: Iterable[Standing], at: datetime) -> list[Standing]:
    return sorted(rows, key=lambda row: (-score_of(row, at), row.kind, row.pk))
