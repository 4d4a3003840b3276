"""Reading the audit: pages of it, and whether its chain holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.models import Entry, EntryQuerySet
from audit.services import digest

PAGE = 50
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


def verify() -> list[str]:
    """Sentences about everything wrong with the chain; empty when it holds. Reads all sealed rows."""
    problems, expected, previous = [], 1, ""
    for entry in Entry.objects.sealed().order_by("position").iterator():
        position = entry.position or 0
        if position != expected:
            problems.append(f"Between positions {expected - 1} and {position} entries are missing.")
        if entry.previous_hash != previous and position == expected:
            problems.append(f"Entry {entry.pk} does not follow the one before it.")
        if entry.hash != digest(entry, position, entry.previous_hash):
            problems.append(f"Entry {entry.pk} was changed after it was sealed.")
        expected, previous = position + 1, entry.hash
    halves = Entry.objects.unsealed().filter(position__isnull=False)
    problems += [f"Entry {entry.pk} has lost its seal." for entry in halves]
    return problems
