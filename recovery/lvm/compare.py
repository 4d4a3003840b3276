"""What differs between a backup file and the metadata found on the disk itself.

A backup may be older than the disk.  Restoring an old one onto a group that has since grown splits the
group or loses volumes, and LVM does not warn: it compares nothing, not even the sequence number.  So the
disk's own text is read and compared first; only a difference in name is harmless, as a rename is all we
intend.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from recovery.lvm.model import SECTOR, LogicalVolume, Metadata, PhysicalVolume, VolumeGroup


class Kind(StrEnum):
    """What a difference is about."""

    ID = "id"
    NAME = "name"
    SEQNO = "seqno"
    EXTENT_SIZE = "extent size"
    PV_ADDED = "physical volume only on the disk"
    PV_REMOVED = "physical volume only in the file"
    PV_CHANGED = "physical volume changed"
    LV_ADDED = "logical volume only on the disk"
    LV_REMOVED = "logical volume only in the file"
    LV_RENAMED = "logical volume renamed"
    LV_RESIZED = "logical volume resized"
    LV_MOVED = "logical volume on other extents"


@dataclass(frozen=True, slots=True)
class Item:
    """One difference: what kind, of which volume, what the file and the disk say, and a sentence."""

    kind: Kind
    subject: str
    file: str
    disk: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences, in the order file header, physical volumes, logical volumes; empty when none."""

    items: tuple[Item, ...]

    @property
    def is_none(self) -> bool:
        """File and disk say the same of the group."""
        return not self.items

    @property
    def is_name_only(self) -> bool:
        """Nothing differs but, perhaps, the group's name."""
        return all(item.kind is Kind.NAME for item in self.items)

    def of(self, kind: Kind) -> tuple[Item, ...]:
        """The differences of one kind."""
        return tuple(item for item in self.items if item.kind is kind)


def compare(file: Metadata, disk: Metadata) -> Difference:
    """What differs between the metadata in ``file`` and that read from ``disk``.

    Volumes are matched by UUID, never by name, so that a rename is told from a removal.
    """
    ours, theirs = file.volume_group, disk.volume_group
    return Difference((*_group(ours, theirs), *_physical(ours, theirs), *_logical(ours, theirs)))


def _group(file: VolumeGroup, disk: VolumeGroup) -> Iterator[Item]:
    if file.id != disk.id:
        yield Item(
            Kind.ID,
            disk.name,
            file.id,
            disk.id,
            f"The disk holds another volume group: its UUID is {disk.id}, the file describes {file.id}.",
        )
    if file.name != disk.name:
        yield Item(
            Kind.NAME,
            disk.name,
            file.name,
            disk.name,
            f'The volume group is called "{disk.name}" on the disk and "{file.name}" in the file.',
        )
    if file.seqno != disk.seqno:
        older = "file is older than the disk" if file.seqno < disk.seqno else "disk is older than the file"
        times = abs(file.seqno - disk.seqno)
        yield Item(
            Kind.SEQNO,
            disk.name,
            str(file.seqno),
            str(disk.seqno),
            f"The {older} by {times} {'change' if times == 1 else 'changes'} of the group "
            f"(sequence number {file.seqno} in the file, {disk.seqno} on the disk).",
        )
    if file.extent_size != disk.extent_size:
        yield Item(
            Kind.EXTENT_SIZE,
            disk.name,
            str(file.extent_size),
            str(disk.extent_size),
            f"The extents are of {_size(disk.extent_size)} on the disk and of {_size(file.extent_size)} in the file.",
        )


def _physical(file: VolumeGroup, disk: VolumeGroup) -> Iterator[Item]:
    ours = {pv.id: pv for pv in file.physical_volumes}
    theirs = {pv.id: pv for pv in disk.physical_volumes}
    for uuid in (uuid for uuid in ours if uuid not in theirs):
        yield Item(
            Kind.PV_REMOVED,
            uuid,
            ours[uuid].name,
            "",
            f"Physical volume {uuid} is in the file but not in the group on the disk.",
        )
    for uuid in (uuid for uuid in theirs if uuid not in ours):
        yield Item(
            Kind.PV_ADDED,
            uuid,
            "",
            theirs[uuid].name,
            f"Physical volume {uuid} is in the group on the disk but not in the file: the group was extended "
            "after this backup.",
        )
    for uuid in (uuid for uuid in ours if uuid in theirs):
        mine, its = _extents(ours[uuid]), _extents(theirs[uuid])
        if mine != its:
            yield Item(
                Kind.PV_CHANGED,
                uuid,
                mine,
                its,
                f"Physical volume {uuid} has {its} on the disk and {mine} in the file.",
            )


def _logical(file: VolumeGroup, disk: VolumeGroup) -> Iterator[Item]:
    ours = {lv.id: lv for lv in file.logical_volumes}
    theirs = {lv.id: lv for lv in disk.logical_volumes}
    for uuid in (uuid for uuid in ours if uuid not in theirs):
        yield Item(
            Kind.LV_REMOVED,
            ours[uuid].name,
            _size(ours[uuid].size),
            "",
            f'Logical volume "{ours[uuid].name}" is in the file but no longer on the disk.',
        )
    for uuid in (uuid for uuid in theirs if uuid not in ours):
        yield Item(
            Kind.LV_ADDED,
            theirs[uuid].name,
            "",
            _size(theirs[uuid].size),
            f'Logical volume "{theirs[uuid].name}" ({_size(theirs[uuid].size)}) is on the disk but not in the '
            "file: restoring would lose it.",
        )
    for uuid in (uuid for uuid in ours if uuid in theirs):
        yield from _same_volume(ours[uuid], theirs[uuid], _layout(file, ours[uuid]) != _layout(disk, theirs[uuid]))


def _same_volume(file: LogicalVolume, disk: LogicalVolume, moved: bool) -> Iterator[Item]:
    if file.name != disk.name:
        yield Item(
            Kind.LV_RENAMED,
            disk.name,
            file.name,
            disk.name,
            f'Logical volume "{disk.name}" on the disk is called "{file.name}" in the file.',
        )
    if file.size != disk.size:
        yield Item(
            Kind.LV_RESIZED,
            disk.name,
            _size(file.size),
            _size(disk.size),
            f'Logical volume "{disk.name}" has {_size(disk.size)} on the disk and {_size(file.size)} in the file.',
        )
    elif moved:
        yield Item(
            Kind.LV_MOVED,
            disk.name,
            file.name,
            disk.name,
            f'Logical volume "{disk.name}" lies on other extents on the disk than in the file.',
        )


def _layout(group: VolumeGroup, volume: LogicalVolume) -> list[tuple[object, ...]]:
    """How the volume is mapped, with UUIDs for names, so that neither renames nor "pv0" matter."""
    ids = {pv.name: pv.id for pv in group.physical_volumes} | {
        lv.name: lv.id for lv in group.logical_volumes if lv.name in _names(volume)
    }
    return [
        (
            segment.start_extent,
            segment.extent_count,
            segment.type,
            tuple((ids[area.volume], area.first_extent) for area in segment.areas),
        )
        for segment in volume.segments
    ]


def _names(volume: LogicalVolume) -> set[str]:
    return {name for segment in volume.segments for name in segment.lvs}


def _extents(pv: PhysicalVolume) -> str:
    return f"{pv.pe_count} extents from sector {pv.pe_start}"


def _size(sectors: int) -> str:
    """Sectors as a size a person reads: "4 MiB", "1.5 GiB"."""
    amount, unit = float(sectors * SECTOR), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):  # noqa: B007  # the unit reached is used below
        if amount < 1024 or unit == "TiB":
            break
        amount /= 1024
    return f"{amount:.10g} {unit}" if amount == int(amount) else f"{amount:.1f} {unit}"
