"""What stands on a group's volumes, told from the disk itself while every one of them sleeps. Pure.

A volume's first extent lies somewhere on a physical volume, and the metadata says where; what makes a file system
known (its magic number) stands in the first sectors. So the disk is asked there, and no volume need be woken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recovery.asleep import awake
from recovery.attached import Found
from recovery.lvm.model import SECTOR, LogicalVolume

UNMOUNTABLE = {
    "crypto_LUKS": "is encrypted (LUKS). Somebody with its key must open it by hand.",
    "LVM2_member": "is itself a physical volume of another group; recover that group by hand.",
    "linux_raid_member": "is a member of a software RAID; assemble it by hand.",
}
"""What `blkid` calls a content → why it is no file system that could be mounted, from the volume's name on."""

KNOWN = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "swap", "vfat", "crypto_LUKS", "LVM2_member"})
"""What blkid knows by a magic number that does not stand anywhere by chance."""

NOTHING = {"": "holds no file system", "swap": "is swap space"}
"""The same for contents that nobody would miss."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a volume's first segment lies: a device such as /dev/sdb, first byte and length in bytes."""

    device: str
    start: int
    length: int


def places(found: Found) -> dict[str, Place]:
    """Volume → its first segment, for volumes of one piece there.

    Not for striped ones, where what is looked for may lie on another disk, nor for snapshots, which hold only what
    has changed since.
    """
    group = found.metadata.volume_group
    devices = {pv.name: device.name for pv, device in zip(group.physical_volumes, found.devices, strict=True)}
    starts = {pv.name: pv.pe_start for pv in group.physical_volumes}
    placed = {}
    for lv in awake(group):
        first = lv.segments[0] if lv.segments else None
        if first is None or not first.is_linear or lv.name in group.snapshots:
            continue
        area = first.areas[0]
        if area.on_physical_volume and area.first_extent is not None:
            sector = starts[area.volume] + area.first_extent * group.extent_size
            length = first.extent_count * group.extent_size * SECTOR
            placed[lv.name] = Place(f"/dev/{devices[area.volume]}", sector * SECTOR, length)
    return placed


def mountable(volumes: Iterable[LogicalVolume], contents: Mapping[str, str]) -> tuple[str, ...]:
    """The volumes that something can be read from. Where nobody could look, a name with `swap` tells."""
    return tuple(lv.name for lv in volumes if _is_mountable(lv.name, contents))


def _is_mountable(name: str, contents: Mapping[str, str]) -> bool:
    if name not in contents:
        return "swap" not in name.lower()
    return contents[name] not in UNMOUNTABLE and contents[name] not in NOTHING


def unmountable(contents: Mapping[str, str]) -> dict[str, str]:
    """Volume → why it cannot be mounted, where something is on it that somebody may miss."""
    return {lv: UNMOUNTABLE[kind] for lv, kind in contents.items() if kind in UNMOUNTABLE}
