"""Facts as JSON, laid out for a page without knowing what they say. Pure.

A list of objects becomes a table, a plain value a pair; what is deeper shows as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST_CELL = 6
SHORT = {"uuid": "UUID", "vg": "VG", "pv": "PV", "lv": "LV", "id": "ID", "lvm": "LVM", "os": "OS"}


@dataclass(frozen=True, slots=True)
class Section:
    """One heading: pairs of name and text, or a table (columns, and rows of text)."""

    title: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def sections(facts: Mapping[str, Any], title: str = "") -> Iterator[Section]:
    """Plain values first, then what has parts of its own, in the order of the facts."""
    plain = {name: value for name, value in facts.items() if not _has_parts(value)}
    if plain:
        yield Section(title or "In short", pairs=[(words(name), text(value)) for name, value in plain.items()])
    for name, value in facts.items():
        if isinstance(value, Mapping) and value:
            yield from sections(value, words(name))
        elif _has_parts(value):
            columns = list(dict.fromkeys(key for row in value for key in row))
            rows = [[text(row.get(key)) for key in columns] for row in value]
            yield Section(words(name), columns=[words(key) for key in columns], rows=rows)


def words(name: str) -> str:
    """A JSON name as a heading: `volume_groups` is "Volume groups", `vg_uuid` is "VG UUID"."""
    spaced = " ".join(SHORT.get(word, word) for word in name.replace("_", " ").split())
    return spaced[:1].upper() + spaced[1:]


def text(value: Any) -> str:
    """One value as text for a cell."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{words(key)}: {text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        more = f" and {len(value) - LONGEST_CELL} more" if len(value) > LONGEST_CELL else ""
        return ", ".join(map(text, value[:LONGEST_CELL])) + more
    return str(value)


def _has_parts(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping) and bool(value)
