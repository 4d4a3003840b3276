"""What only the plan needs: is this LVM one we can drive, is there room, are the mount points free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well
from ssh.session import Result

JSON = (2, 2, 158)
"""First LVM that reports in JSON, and whose vgimportclone is a command; RHEL 5 and 6 have older ones."""

READ_ONLY = (2, 2, 89)
"""First LVM that can be told to activate volumes read-only, whatever their metadata say."""

FREE_ENOUGH = 8 * 2**20
"""Bytes: LVM's archives of two groups, and the saved metadata areas, with room to spare."""


class NoLvm(FactError):
    """There is no LVM on the host: a hypervisor needs none, and nothing is recovered there."""


@dataclass(frozen=True, slots=True)
class Planning:
    """Settings and places of a host.

    lvmetad a daemon answers for LVM instead of the disks (RHEL 7; gone with LVM 2.03)
    lacks   programs that a recovery needs and the host has not
    free    directory → free bytes
    places  mount point → absent | empty | full | mounted | file | link
    """

    machine_id: str
    lvm_version: str
    uses_devices_file: bool
    event_activation: bool
    system_id: str
    lacks: tuple[str, ...]
    free: Mapping[str, int]
    places: Mapping[str, str]
    lvmetad: bool = False

    @property
    def lvm(self) -> str:
        """The version in a sentence: `2.03.16`."""
        return self.lvm_version.split("(")[0]

    @property
    def tells_in_text(self) -> bool:
        """Whether its LVM is too old for JSON, so that Regroup reads its text."""
        return version(self.lvm_version) < JSON

    def to_json(self) -> dict[str, Json]:
        data = {**asdict(self), "lacks": list(self.lacks)}
        return data if self.lvmetad else {key: value for key, value in data.items() if key != "lvmetad"}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Planning:
        """What `to_json` made."""
        return cls(**{**data, "lacks": tuple(data["lacks"])})


@dataclass(frozen=True, slots=True)
class AskPlanning:
    """Planning facts. A real answer:

    machine_id=6a1f40a5a2b44f30b9a2a9ba7ad0a8ba
    lvm_version=2.03.16(2) (2022-05-18)
    use_devicesfile=0
    event_activation=1
    system_id_source="none"
    free=803328 /etc/lvm
    free=318940 /var/lib/regroup
    place=absent /recovered/vm42/root
    """

    mount_points: tuple[str, ...]
    name = "planning"

    def command(self) -> Command:
        return Command(("sh", "-c", script("planning"), "regroup", *self.mount_points), sudo=True, timeout=60)

    def parse(self, result: Result) -> Planning:
        what = "What the plan needs"
        pairs = [line.strip().split("=", 1) for line in ended_well(result, what).splitlines() if "=" in line]
        one = {key: value for key, value in pairs if key not in ("lacks", "free", "place")}
        if "machine_id" not in one:
            raise FactError(f"{what}: the host has no /etc/machine-id.")
        if "lvm_version" not in one:
            raise NoLvm("There is no LVM on this host: the program lvm is missing. Install lvm2.")
        if version(one["lvm_version"]) < READ_ONLY:
            raise FactError(
                f"This host has LVM {one['lvm_version'].split('(')[0]}, which cannot keep the old volumes read-only;"
                " 2.02.89 and newer can. Choose another host for this recovery."
            )
        return Planning(
            machine_id=one["machine_id"],
            lvm_version=one["lvm_version"],
            uses_devices_file=one.get("use_devicesfile") == "1" and one.get("devices_file") == "yes",
            event_activation=one.get("event_activation") == "1",
            system_id=one.get("system_id", ""),
            lacks=tuple(value for key, value in pairs if key == "lacks"),
            free={place: int(size) * 1024 for size, place in _split(pairs, "free")},
            places={place: state for state, place in _split(pairs, "place")},
            lvmetad=one.get("lvmetad") == "yes",
        )


def version(text: str) -> tuple[int, ...]:
    """`2.03.16(2) (2022-05-18)` as (2, 3, 16). Raises FactError where there is no such number."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    if not match:
        raise FactError(f"LVM's version {text!r} is not as expected.")
    return tuple(map(int, match.groups()))


def _split(pairs: list[list[str]], name: str) -> list[list[str]]:
    return [value.split(" ", 1) for key, value in pairs if key == name]
