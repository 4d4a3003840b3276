"""Counts what was tried and what went wrong; `python -m tests.chaos.tally FILE` prints the table and judges it."""

from __future__ import annotations

import json
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

SORTS = ("doubled", "lost", "untrue")
FAMILIES = {
    "R1": "workers killed",
    "R2": "hints doubled, late, shuffled, lost",
    "R3": "workers asleep beyond their lease",
    "R4": "SSH cut, stalled, slowed",
    "R5": "logs read against the host's",
    "R6": "kill to the log moving again",
    "R7": "Redis and PostgreSQL gone",
    "R8": "disks full, clocks moved",
    "R9": "bonds sabotaged",
}


def note(path: str, family: str, tried: int, sorts: Iterable[str] = (), seconds: Sequence[float] = ()) -> None:
    """One more line in the file; several processes write to it."""
    line = {"family": family, "tried": tried, **Counter(sorts), "seconds": list(seconds)}
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def table(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """The rows, a heading first; a family that was not tried says so."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    seconds: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        sums[line["family"]].update({key: line.get(key, 0) for key in ("tried", *SORTS)})
        seconds[line["family"]] += line["seconds"]
    rows = [f"{'':4}{'what':38}{'tried':>8}{'doubled':>9}{'lost':>6}{'untrue':>8}"]
    for family, title in FAMILIES.items():
        numbers = sums[family]
        row = f"{family:4}{title:38}{numbers['tried'] or 'not':>8}"
        row += f"{numbers['doubled']:9}{numbers['lost']:6}{numbers['untrue']:8}" if numbers["tried"] else ""
        rows.append((row + _times(family, seconds[family])).rstrip())
    return rows


def _times(family: str, seconds: list[float]) -> str:
    if not seconds:
        return ""
    if family == "R9":
        return f"   worst {max(seconds):.0f} s"
    ordered = sorted(seconds)
    return f"   median {statistics.median(ordered):.1f} s, p95 {ordered[int(len(ordered) * 0.95 - 0.001)]:.1f} s"


def main(path: str) -> int:
    """0 where nothing is doubled, lost or untrue."""
    file = Path(path)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    print("\n".join(table(lines)))
    return int(any(line.get(sort) for line in lines for sort in SORTS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
