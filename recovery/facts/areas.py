"""Hashes of metadata areas, on the disk now and as saved."""

from __future__ import annotations

from dataclasses import dataclass

from recovery.scripts import script
from ssh.command import Command
from ssh.sections import ended_well, lines
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskAreas:
    """SHA-256 over byte ranges of devices, given as (device, `start:length,…`); device → hash.

    A real line: `/dev/sdb 5be8…e1`.
    """

    areas: tuple[tuple[str, str], ...]
    name = "area hashes"

    def command(self) -> Command:
        text = script("areas.lib", "hash_areas")
        return Command(("sh", "-c", text, "regroup", *(word for pair in self.areas for word in pair)), sudo=True)

    def parse(self, result: Result) -> dict[str, str]:
        what = "The hashes of the metadata areas"
        return {words[0]: words[1] for words in lines(ended_well(result, what), what, 2)}


@dataclass(frozen=True, slots=True)
class Saved:
    """Saved areas of one physical volume: their ranges, the hash noted then, and the file's hash now."""

    ranges: str
    noted: str
    actual: str

    @property
    def intact(self) -> bool:
        return self.noted == self.actual


@dataclass(frozen=True, slots=True)
class AskSaved:
    """Physical volume UUID → what the run saved of it. Empty before anything is saved.

    A real line: `FVq6Hj-… 0:1048576 5be8…e1 5be8…e1`.
    """

    run_dir: str
    name = "saved areas"

    def command(self) -> Command:
        text = (
            '[ -e "$1/manifest" ] || exit 0\n'
            "while read -r uuid ranges noted; do\n"
            '    printf "%s %s %s %s\\n" "$uuid" "$ranges" "$noted" "$(sha256sum <"$1/$uuid" | cut -d" " -f1)"\n'
            'done <"$1/manifest"\n'
        )
        return Command(("sh", "-c", text, "regroup", f"{self.run_dir}/saved"), sudo=True)

    def parse(self, result: Result) -> dict[str, Saved]:
        what = "The saved metadata areas"
        rows = lines(ended_well(result, what), what, 4)
        return {uuid: Saved(ranges, noted, actual) for uuid, ranges, noted, actual in rows}
