"""Looking for the old VM's /etc/fstab on an attached disk; nothing is activated and nothing is written."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from recovery.attached import Found
from recovery.contents import Place
from recovery.disk_fstab import DiskFstab, candidates
from recovery.facts.host import names
from recovery.fstab import LIMIT, FstabError, decode_fstab
from recovery.known import Facts
from recovery.request import Problem
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import Ask, FactError
from ssh.sections import ended_well
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskDiskFstab:
    """The first /etc/fstab on volumes given as (name, type, where on a disk). A real answer:

    closed data
    file root L2Rldi9tYXBwZXIvUm9vdFZHLXJvb3Q…
    """

    volumes: tuple[tuple[str, str, Place], ...]
    name = "fstab on the disk"

    def command(self) -> Command:
        rows = ((name, kind, place.device, str(place.start), str(place.length)) for name, kind, place in self.volumes)
        words = (word for row in rows for word in row)
        text = script("read_fstab")
        return Command(("unshare", "-m", "sh", "-c", text, "regroup", str(LIMIT), *words), sudo=True, timeout=120)

    def parse(self, result: Result) -> DiskFstab:
        what = "The /etc/fstab on the disk"
        lines = [line.split() for line in ended_well(result, what).splitlines() if line.strip()]
        closed = [words[1] for words in lines if words[0] == "closed" and len(words) == 2]
        if len(closed) != len(lines) - 1:
            raise FactError(f"{what}: the host's answer is not as expected: {result.text[:200]!r}.")
        match lines[-1]:
            case ["file", lv, encoded]:
                return _read(lv, encoded)
            case ["large", lv, size]:
                return DiskFstab(lv, "", f"the /etc/fstab on {lv} has {size} bytes, which no real one has.")
            case ["none"]:
                shut = f"; {names(closed)} could not be looked into" if closed else ""
                looked = names(name for name, _, _ in self.volumes)
                return DiskFstab(why=f"there is no /etc/fstab on {looked}{shut}.")
        raise FactError(f"{what}: the host's answer is not as expected: {result.text[:200]!r}.")


def _read(lv: str, encoded: str) -> DiskFstab:
    try:
        return DiskFstab(lv, decode_fstab(base64.b64decode(encoded, validate=True)))
    except FstabError as error:
        return DiskFstab(lv, "", f"what stands on {lv} as /etc/fstab cannot be read. {error}")
    except ValueError as error:
        raise FactError(f"The /etc/fstab on the disk: the host's base64 is damaged ({error}).") from error


def look_fstab(ask: Ask, found: Found | Problem, known: Facts) -> DiskFstab:
    """The old VM's own /etc/fstab, or why there is none to be had."""
    if isinstance(found, Problem):
        return DiskFstab(why="the disk itself cannot be taken.")
    worth = candidates(found, known.contents)
    if not worth:
        return DiskFstab(
            why="no volume lies in one piece and holds ext2, ext3, ext4 or XFS; others are not looked into."
        )
    return ask(AskDiskFstab(tuple((name, kind, place) for name, (kind, place) in worth.items())))
