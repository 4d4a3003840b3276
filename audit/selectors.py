"""Reading the audit: pages of it, and whether its chain holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from django.conf import settings
from django.db.models import Max, Min
from django.db.models.functions import Now
from django.utils import timezone

from audit import chain
from audit.anchors import SYSLOG
from audit.chain import fault_of
from audit.models import Anchor, Entry, EntryQuerySet
from audit.services import as_row

PAGE = 50
LATE = 60
"""Seconds for which an entry may wait for its seal; beyond them nothing begins (`execution.gate`)."""
ANCHOR_LATE = timedelta(minutes=5)
OLDEST = 1000
"""Entries without a seal that are looked at for the oldest: those with the lowest ids."""

FILTERS = {"actor": "actor_name", "action": "action", "kind": "object_kind", "object": "object_label"}
"""Names in the URL, and the column that each compares, whole words, case-sensitive."""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first. `older` is the id to pass as `before`, `newer` the one for `after`; None: no more."""

    entries: list[Entry]
    newer: int | None
    older: int | None


def entries_of(kind: str, object_id: object, most: int = 20) -> list[Entry]:
    """The newest entries about one object."""
    return list(Entry.objects.filter(object_kind=kind, object_id=str(object_id))[:most])


def filtered(values: Mapping[str, str]) -> EntryQuerySet:
    """Entries for the filters given; empty values and unknown names count for nothing."""
    chosen = {FILTERS[name]: value for name, value in values.items() if name in FILTERS and value}
    return Entry.objects.filter(**chosen)


def page(entries: EntryQuerySet, *, before: int | None = None, after: int | None = None, size: int = PAGE) -> Page:
    """One page by keyset: equally fast at any depth."""
    if after is not None:
        rows = list(entries.filter(pk__gt=after).order_by("id")[: size + 1])
        more, rows = len(rows) > size, rows[:size][::-1]
        return Page(rows, rows[0].pk if more else None, rows[-1].pk if rows else None)
    start = entries.filter(pk__lt=before) if before is not None else entries
    rows = list(start.order_by("-id")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    newer = rows[0].pk if rows and before is not None else None
    return Page(rows, newer, rows[-1].pk if more else None)


def sealed_rows() -> Iterator[dict[str, Any]]:
    """The whole chain as an export has it, from its first entry on; few of them in memory at a time."""
    return map(as_row, Entry.objects.sealed().order_by("position").iterator(chunk_size=500))


def verify() -> list[str]:
    """Sentences about everything wrong with the chain; empty when it holds. Reads all sealed rows."""
    problems, expected, previous = [], 1, ""
    for row in sealed_rows():
        position = row["position"]
        if position != expected:
            problems.append(f"Between positions {expected - 1} and {position} entries are missing.")
        if row["previous"] != previous and position == expected:
            problems.append(f"Entry {row['id']} does not follow the one before it.")
        if fault_of(row):
            problems.append(f"Entry {row['id']} was changed after it was sealed.")
        expected, previous = position + 1, row["hash"]
    halves = Entry.objects.unsealed().filter(position__isnull=False)
    problems += [f"Entry {entry.pk} has lost its seal." for entry in halves]
    return problems


def anchors() -> list[chain.Anchor]:
    """Every anchor that the database knows of, and those of the file, where that is the place and can be read."""
    known = {
        (row.position, row.hash): chain.Anchor(row.position, row.hash, row.at.isoformat())
        for row in Anchor.objects.order_by("position")
    }
    try:
        written = [] if settings.AUDIT_ANCHOR.startswith(SYSLOG) else chain.anchors_in(settings.AUDIT_ANCHOR)
    except OSError:
        written = []
    return list((known | {(anchor.position, anchor.hash): anchor for anchor in written}).values())


def export(file: IO[str]) -> int:
    """Write the chain, an entry a line; how many. What is in memory does not grow with it."""
    count = 0
    for row in sealed_rows():
        file.write(json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n")
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Anchoring:
    """When the chain's end was last written down, and whether it is late: its place cannot be written."""

    last: datetime | None
    late: bool


def anchoring() -> Anchoring:
    """Look, in two queries."""
    last = Anchor.objects.first()
    next_one = Entry.objects.sealed().filter(position__gt=last.position if last else 0).order_by("position").first()
    if next_one is None:
        return Anchoring(last.at if last else None, False)
    since = max(next_one.at, last.at) if last else next_one.at
    return Anchoring(last.at if last else None, timezone.now() - since > ANCHOR_LATE)


@dataclass(frozen=True, slots=True)
class Sealing:
    """How far the sealer is behind: how long the oldest entry without a seal waits, in seconds; 0 where none does."""

    lag: float

    @property
    def late(self) -> bool:
        return self.lag > LATE

    @property
    def sentence(self) -> str:
        """Why nothing may begin; empty where it may."""
        if not self.late:
            return ""
        return (
            f"The audit's sealer is {self.lag:.0f} s behind, and more than {LATE} s are too many: what is done now "
            "could not be proven. Start the worker “sweeps”, or look at its log, and start the change again."
        )


def sealing() -> Sealing:
    """Look, in one query, however many entries there are."""
    first = Entry.objects.unsealed().order_by("id")[:OLDEST]
    told = Entry.objects.filter(pk__in=first.values("pk")).aggregate(oldest=Min("at"), now=Max(Now()))
    return Sealing(max(0.0, (told["now"] - told["oldest"]).total_seconds()) if told["oldest"] else 0.0)
