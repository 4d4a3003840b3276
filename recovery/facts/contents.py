"""What stands on volumes that are not active: their first sectors, looked at on the disk under them."""

from __future__ import annotations

from dataclasses import dataclass

from recovery.attached import Found
from recovery.contents import Place, places
from recovery.request import Problem
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import Ask
from ssh.sections import ended_well, lines
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskSignatures:
    """What blkid calls the content at each place; empty where it finds nothing, absent where it cannot decide.

    A real line: `/dev/sdb 1048576 ext4`. Nothing found is `-`, two answers are `?`.
    """

    places: tuple[Place, ...]
    name = "contents of volumes"

    def command(self) -> Command:
        words = (word for place in self.places for word in (place.device, str(place.start), str(place.length)))
        return Command(("sh", "-c", script("read_signatures"), "regroup", *words), sudo=True, timeout=120)

    def parse(self, result: Result) -> dict[tuple[str, int], str]:
        what = "The contents of the volumes"
        rows = lines(ended_well(result, what), what, 3)
        return {(device, int(start)): "" if kind == "-" else kind for device, start, kind in rows if kind != "?"}


def contents(ask: Ask, found: Found | Problem) -> dict[str, str]:
    """Volume of the group that was found → what blkid calls its content. Empty where there is no whole group."""
    placed = places(found) if isinstance(found, Found) else {}
    if not placed:
        return {}
    said = ask(AskSignatures(tuple(placed.values())))
    known = {lv: said.get((place.device, place.start)) for lv, place in placed.items()}
    return {lv: kind for lv, kind in known.items() if kind is not None}
