"""The old VM's own /etc/fstab, read from the attached disk while every volume sleeps: which volumes to look at. Pure.

Where it is worth looking is told by what stands on the volumes (`recovery.contents`). Only volumes that lie on one disk
in one piece, with ext2, ext3, ext4 or XFS: a piece of a disk can be looked at as it is, without LVM and without a name
that could collide. Not btrfs, of which the kernel remembers every device that it has seen, by UUIDs that a copy shares
(`docs/decisions/0005-read-fstab-through-a-mount-of-its-own.md`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json
from recovery.attached import Found
from recovery.contents import Place
from recovery.fstab import Entry, FstabError, parse_fstab
from recovery.lvm.model import SECTOR, LogicalVolume, VolumeGroup

READABLE = frozenset({"ext2", "ext3", "ext4", "xfs"})
MOST = 6
"""Volumes looked at: the root volume is among the first."""


@dataclass(frozen=True, slots=True)
class DiskFstab:
    """What was found. `lv` is the volume that holds it, empty where none does; `why` then says what is known."""

    lv: str = ""
    text: str = ""
    why: str = ""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its lines; none where it cannot be read."""
        try:
            return parse_fstab(self.text) if self.text else ()
        except FstabError:
            return ()

    @property
    def told(self) -> str:
        """Where the mount points come from, or why they do not come from there, as a sentence."""
        if not self.text:
            return f"Mount points are named after the volumes: {self.why}"
        try:
            parse_fstab(self.text)
        except FstabError as error:
            return f"Mount points are named after the volumes: the /etc/fstab on {self.lv} cannot be read. {error}"
        return f"Mount points are named after the old VM's own /etc/fstab, which stands on volume {self.lv}."

    def to_json(self) -> dict[str, Json]:
        return asdict(self)


def candidates(found: Found, contents: Mapping[str, str]) -> dict[str, tuple[str, Place]]:
    """Volume → (type, the whole of it on a device), the likeliest to hold /etc first."""
    group = found.metadata.volume_group
    whole = {lv.name: place for lv in group.visible_logical_volumes if (place := _whole(lv, found))}
    worth = [name for name in whole if contents.get(name) in READABLE]
    worth.sort(key=lambda name: (name.lower() != "root", "root" not in name.lower(), name))
    return {name: (contents[name], whole[name]) for name in worth[:MOST]}


def _whole(lv: LogicalVolume, found: Found) -> Place | None:
    """The volume as one stretch of one device; None where it is in pieces."""
    group = found.metadata.volume_group
    if lv.name in group.snapshots or not lv.segments or not all(segment.is_linear for segment in lv.segments):
        return None
    first = lv.segments[0].areas[0]
    at = first.first_extent
    for segment in lv.segments:
        area = segment.areas[0]
        if not area.on_physical_volume or (area.volume, area.first_extent) != (first.volume, at) or at is None:
            return None
        at += segment.extent_count
    return _place(lv, group, found)


def _place(lv: LogicalVolume, group: VolumeGroup, found: Found) -> Place:
    area = lv.segments[0].areas[0]
    devices = {pv.name: (pv, device) for pv, device in zip(group.physical_volumes, found.devices, strict=True)}
    pv, device = devices[area.volume]
    start = pv.pe_start + (area.first_extent or 0) * group.extent_size
    return Place(f"/dev/{device.name}", start * SECTOR, lv.size * SECTOR)
