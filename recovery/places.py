"""Where the volumes of a lost VM were mounted, and where to mount them on the target. Pure.

All volumes stand beside one another below `/recovered/<vm>`: `/var/log` becomes `…/var-log`. Were it mounted on
`…/root/var/log` as the VM had it, its directory would lie inside a volume that is mounted read-only, where none can
be made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recovery.asleep import awake
from recovery.fstab import Entry
from recovery.lvm.metadata import VolumeGroup, dm_name
from recovery.request import Volume, default_mount_point

LONGEST = 60
"""Characters of a suggested directory's name."""


@dataclass(frozen=True, slots=True)
class Place:
    """A volume's mount point on the target, and what the old fstab said: where it was, or that it was swap space."""

    mount_point: str
    old: str = ""
    is_swap: bool = False


def places(vm: str, group: VolumeGroup, entries: Iterable[Entry]) -> dict[str, Place]:
    """Visible volume → where it goes. Each gets a directory of its own, none inside another's.

    Volumes are known by group and name only: the UUID or label of a file system does not stand in LVM's metadata.
    """
    known = _known(group)
    found: dict[str, Entry] = {}
    for entry in entries:
        name = known.get(entry.source, "") if not entry.tag else ""
        if name and (entry.is_mount or entry.is_swap):
            found.setdefault(name, entry)
    made: dict[str, Place] = {}
    taken: set[str] = set()
    # Those that the fstab names choose first; of two that would get one name, the second is numbered.
    for lv in sorted(group.visible_logical_volumes, key=lambda lv: (lv.name not in found, lv.name)):
        line = found.get(lv.name)
        old = line.target if line and not line.is_swap else ""
        point = default_mount_point(vm, _directory(old) if old else lv.name)
        point = next(p for p in (point, *(f"{point}-{n}" for n in range(2, len(taken) + 3))) if p not in taken)
        taken.add(point)
        made[lv.name] = Place(point, old, bool(line and line.is_swap))
    return made


def offered(vm: str, group: VolumeGroup, entries: Iterable[Entry]) -> tuple[Volume, ...]:
    """What is mounted where a request names no volume: all that can be woken and do not look like swap space."""
    where = places(vm, group, entries)
    return tuple(
        Volume(lv.name, where[lv.name].mount_point)
        for lv in awake(group)
        if not looks_like_swap(lv.name, where[lv.name])
    )


def looks_like_swap(lv: str, place: Place) -> bool:
    """By the old fstab; where that does not name the volume, by its name."""
    return place.is_swap or (not place.old and "swap" in lv.lower())


def _known(group: VolumeGroup) -> Mapping[str, str]:
    """Every name that a line of fstab may have for a volume of the group → the volume."""
    known = {}
    for lv in group.visible_logical_volumes:
        mapping, uuid = dm_name(group.name, lv.name), f"{group.id}{lv.id}".replace("-", "")
        for source in (
            f"/dev/{group.name}/{lv.name}",
            f"/dev/mapper/{mapping}",
            f"/dev/disk/by-id/dm-name-{mapping}",
            f"/dev/disk/by-id/dm-uuid-LVM-{uuid}",
        ):
            known[source] = lv.name
    return known


def _directory(old: str) -> str:
    """`/` as `root`, `/var/log` as `var-log`; what a mount point may not have becomes `_`."""
    name = re.sub("[^A-Za-z0-9_.+@-]", "_", old.strip("/").replace("/", "-"))[:LONGEST].strip(".")
    return name or ("root" if old == "/" else "volume")
