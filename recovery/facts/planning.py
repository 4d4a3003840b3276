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

OLDEST = (2, 2, 158)
"""First LVM that reports in JSON; RHEL 5 and 6 have older ones."""

FREE_ENOUGH = 8 * 2**20
"""Bytes: LVM's archives of two groups, and the saved metadata areas, with room to spare."""


@dataclass(frozen=True, slots=True)
class Planning:
    """Settings and places of a host.

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

    def to_json(self) -> dict[str, Json]:
        return {**asdict(self), "lacks": list(self.lacks)}

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
            raise FactError("There is no LVM on this host: the program lvm is missing. Install lvm2.")
        if version(one["lvm_version"]) < OLDEST:
            raise FactError(
                f"This host has LVM {one['lvm_version'].split('(')[0]}. Regroup drives 2.02.158 and newer, which"
                " can report in JSON; choose another host for this recovery."
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
        )


def version(text: str) -> tuple[int, ...]:
    """`2.03.16(2) (2022-05-18)` as (2, 3, 16). Raises FactError where there is no such number."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    if not match:
        raise FactError(f"LVM's version {text!r} is not as expected.")
    return tuple(map(int, match.groups()))


def _split(pairs: list[list[str]], name: str) -> list[list[str]]:
    return [value.split(" ", 1) for key, value in pairs if key == name]
