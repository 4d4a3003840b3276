"""Whether what the next boot reads, and writes, has room; and whether /boot is what it should be."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.facts.values import Space
from readiness.judges.finding import Point, amber, green, red, unknown
from readiness.judges.known import Known

FULL_KIB, LITTLE_KIB = 1024, 100 * 1024
"""No kernel or initial file system fits any more; the next one does not. Leapp wants 100 MiB of /boot as well."""
PLACES = ("/boot", "/", "/var")


def judge(known: Known) -> Iterator[Point]:
    facts = known.facts
    line = next((line for line in facts.fstab.lines if line.point == "/boot"), None)
    problems = list[Point]()
    if line and not facts.mount("/boot") and "noauto" not in line.options:
        problems.append(
            amber(
                "/boot is a file system of its own and not mounted: kernels that are installed now are lost behind it.",
                line.words,
                todo="Mount /boot, move to it what lies in the directory, and have the host asked again.",
            )
        )
    if not facts.space:
        yield unknown("How much room there is was not told.")
    told = {space.mounted: space for place in reversed(PLACES) if (space := facts.space.get(place))}
    for space in told.values():
        problems += _room(space)
    yield from problems
    if not problems and facts.space:
        yield green("There is room where a boot reads and writes.", *map(words, told.values()))


def _room(space: Space) -> Iterator[Point]:
    todo = "Remove old kernels with the package manager (or what filled it), then make the newest initramfs anew."
    where = space.point if space.mounted == space.point else f"{space.point}, which is part of {space.mounted},"
    if space.free < FULL_KIB or space.files_free == 0 and space.files:
        yield red(
            f"{where} is full: what was last written there may be cut short, and services cannot start.",
            words(space),
            todo=todo,
        )
    elif space.free < LITTLE_KIB and space.point == "/boot":
        yield amber(f"{where} has too little room for another kernel.", words(space), todo=todo)
    elif space.free < LITTLE_KIB // 2:
        yield amber(f"{where} has little room left.", words(space), todo="Make room before services start anew.")


def words(space: Space) -> str:
    files = (
        f", {space.files_free:,} files of {space.files:,} free"
        if space.files is not None and space.files_free is not None
        else ""
    )
    room = f"{space.free / 1024:,.1f} MiB of {space.size / 1024:,.1f} MiB free"
    return f"{space.point} (mounted on {space.mounted}): {room}{files}"
