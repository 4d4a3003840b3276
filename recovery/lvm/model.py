"""What a piece of LVM metadata says, as typed values.

LVM joins **physical volumes** (disks or partitions) into a **volume group** and cuts **logical volumes**
out of it.  The group's space is counted in *extents*, all of one size (``extent_size``, in sectors of
512 bytes).  A logical volume is a row of *segments*; each maps a run of its extents onto areas of
physical volumes, or onto other logical volumes (mirror images, pool data and the like, which are hidden).

UUIDs are 32 characters of ``a-zA-Z0-9!#``, written 6-4-4-4-4-4-6.  Sizes are in sectors unless the name
says bytes.  Every value here is frozen; changing a file is an edit of its text (``recovery.lvm.rename``).
What a file has thousands of is a named tuple, which is made three times as fast as a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from recovery.lvm.tree import Tree

SECTOR = 512


@dataclass(frozen=True, slots=True)
class PhysicalVolume:
    """One disk or partition of the group.

    ``name`` is the key it has in this file ("pv0"), which the segments refer to.  ``device_hint`` is
    where it was last seen ("/dev/sda2"): a hint, never an identity.  ``dev_size`` (sectors) is absent
    from very old files; ``pe_start`` (sectors) is where the first of ``pe_count`` extents begins;
    ``ba_start`` and ``ba_size`` (sectors) are the bootloader area, 0 and 0 when there is none.
    """

    name: str
    id: str
    device_hint: str | None
    status: tuple[str, ...]
    flags: tuple[str, ...]
    tags: tuple[str, ...]
    dev_size: int | None
    pe_start: int
    pe_count: int
    ba_start: int
    ba_size: int
    device_id: str | None
    device_id_type: str | None

    @property
    def size_bytes(self) -> int | None:
        """The device's size in bytes, as it was when the file was written."""
        return None if self.dev_size is None else self.dev_size * SECTOR

    @property
    def is_missing(self) -> bool:
        """LVM had marked this physical volume as missing."""
        return "MISSING" in self.flags or "MISSING" in self.status


class Area(NamedTuple):
    """Where one leg of a segment lies: a physical or logical volume, and the first extent in it.

    ``first_extent`` is None where the format has none (RAID images, pool data, cache origin ...).
    """

    volume: str
    first_extent: int | None
    on_physical_volume: bool


class Segment(NamedTuple):
    """A run of a logical volume's extents, mapped in one way.

    ``type`` is LVM's segment type without its flags ("striped" with one area is linear); ``type_flags``
    are what followed it after ``+``.  ``is_known_type`` is False for types this reader has not met: LVM
    restores those too, but will not activate them.  ``lvs`` names every logical volume it leans on.
    """

    name: str
    start_extent: int
    extent_count: int
    type: str
    type_flags: tuple[str, ...]
    is_known_type: bool
    areas: tuple[Area, ...]
    lvs: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def is_linear(self) -> bool:
        """One area, one after the other: the plain case."""
        return self.type in ("striped", "linear") and len(self.areas) == 1

    @property
    def pvs(self) -> tuple[str, ...]:
        """The keys ("pv0") of the physical volumes it lies on directly, each once."""
        return tuple(dict.fromkeys(area.volume for area in self.areas if area.on_physical_volume))


class LogicalVolume(NamedTuple):
    """One logical volume.  ``size`` is in sectors, ``extent_count`` the sum over its segments."""

    name: str
    id: str
    status: tuple[str, ...]
    flags: tuple[str, ...]
    tags: tuple[str, ...]
    creation_host: str | None
    creation_time: int | None
    segments: tuple[Segment, ...]
    extent_count: int
    size: int

    @property
    def visible(self) -> bool:
        """Whether LVM shows it as a volume of its own; hidden ones are parts of others."""
        return "VISIBLE" in self.status

    @property
    def writable(self) -> bool:
        """Whether LVM activates it for writing."""
        return "WRITE" in self.status or "WRITE_LOCKED" in self.flags

    @property
    def segment_count(self) -> int:
        """How many segments it has (LVM refuses a file that counts them wrongly)."""
        return len(self.segments)

    @property
    def size_bytes(self) -> int:
        """Its size in bytes."""
        return self.size * SECTOR

    @property
    def segment_types(self) -> tuple[str, ...]:
        """The types of its segments, each once."""
        return tuple(dict.fromkeys(segment.type for segment in self.segments))


@dataclass(frozen=True)
class VolumeGroup:
    """The volume group; ``extent_size`` in sectors, 0 in ``max_lv`` and ``max_pv`` means no limit.

    ``seqno`` counts the changes ever made to the group: the higher, the newer.
    """

    name: str
    id: str
    seqno: int
    format: str | None
    status: tuple[str, ...]
    flags: tuple[str, ...]
    tags: tuple[str, ...]
    system_id: str | None
    extent_size: int
    max_lv: int
    max_pv: int
    metadata_copies: int
    physical_volumes: tuple[PhysicalVolume, ...]
    logical_volumes: tuple[LogicalVolume, ...]
    historical_logical_volumes: tuple[str, ...]

    @cached_property
    def _by_name(self) -> dict[str, LogicalVolume]:
        return {volume.name: volume for volume in self.logical_volumes}

    def logical_volume(self, name: str) -> LogicalVolume:
        """The logical volume of that name; KeyError if there is none."""
        return self._by_name[name]

    @cached_property
    def visible_logical_volumes(self) -> tuple[LogicalVolume, ...]:
        """The volumes a person would know of."""
        links, stores = ("snapshot",), self.snapshots
        return tuple(
            lv for lv in self.logical_volumes if lv.name in stores or (lv.visible and lv.segment_types != links)
        )

    @cached_property
    def snapshots(self) -> dict[str, str]:
        """Classic snapshot → its origin.

        LVM writes one as two volumes: the store, hidden, under the name that a person gave the snapshot; and a link
        (``snapshot0``) from it to its origin, marked as visible though it is no volume.
        """
        links = (s for lv in self.logical_volumes for s in lv.segments if s.type == "snapshot" and len(s.lvs) == 2)
        return {link.lvs[1]: link.lvs[0] for link in links}

    @property
    def is_exported(self) -> bool:
        """The group was exported (``vgexport``); LVM will not activate it before ``vgimport``."""
        return "EXPORTED" in self.status

    @property
    def has_thin_volumes(self) -> bool:
        """LVM restores such a group only with ``--force`` (from 2.02.99 on)."""
        return any(s.type in ("thin", "thin-pool") for lv in self.logical_volumes for s in lv.segments)

    def pvs_under(self, name: str) -> tuple[str, ...]:
        """The keys of all physical volumes under a logical volume, through mirrors, pools and caches."""
        found: dict[str, None] = {}
        for volume in self._with_parts(name):
            for segment in volume.segments:
                found.update(dict.fromkeys(segment.pvs))
        return tuple(found)

    def _with_parts(self, name: str) -> Iterator[LogicalVolume]:
        waiting, seen = [name], {name}
        while waiting:
            volume = self.logical_volume(waiting.pop())
            yield volume
            parts = {lv for segment in volume.segments for lv in segment.lvs} - seen
            waiting.extend(sorted(parts))
            seen |= parts


@dataclass(frozen=True, slots=True)
class Metadata:
    """A whole file: its header and its volume group.

    ``creation_time`` is in seconds since 1970.  ``warnings`` are what LVM would print and live with.
    Two are equal when they say the same, however they are written; ``tree`` is how it was written.
    """

    volume_group: VolumeGroup
    version: int
    description: str
    creation_host: str
    creation_time: int | None
    warnings: tuple[str, ...] = field(default=(), compare=False)
    tree: Tree = field(compare=False, repr=False, kw_only=True)

    @property
    def text(self) -> str:
        """The file as it was read, to the byte."""
        return self.tree.text
