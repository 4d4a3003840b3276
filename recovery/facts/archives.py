"""LVM's own copies of metadata on a host, to choose one as what is restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well, lines
from ssh.session import Result

MOST = 100
"""LVM keeps ten at least and thirty days of them; the newest are what anybody looks for."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A file in /etc/lvm/archive or /etc/lvm/backup. `created` in seconds since 1970, 0 where it does not say.

    description  LVM's own words, such as `Created *before* executing 'lvremove RootVG/old'`
    """

    path: str
    group: str
    uuid: str
    seqno: int
    created: int
    description: str

    def to_json(self) -> dict[str, Json]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Archive:
        """What `to_json` made."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class AskArchives:
    """The files, newest first. A real line:

    /etc/lvm/archive/RootVG_00002-1120.vg RootVG 1YwxqP-Zf2X-… 3 1795383073 Created *before* executing 'vgscan'
    """

    name = "LVM's own copies"

    def command(self) -> Command:
        return Command(("sh", "-c", script("list_archives"), "regroup", str(MOST)), sudo=True, timeout=60)

    def parse(self, result: Result) -> tuple[Archive, ...]:
        what = "LVM's own copies of metadata"
        try:
            return tuple(
                Archive(path, group, uuid, int(seqno), int(created), said)
                for path, group, uuid, seqno, created, said in lines(ended_well(result, what), what, 6, " ")
            )
        except ValueError as error:
            raise FactError(f"{what}: a number of the host's is none ({error}).") from error
