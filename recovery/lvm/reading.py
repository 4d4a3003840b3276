"""From the tree of a text to the volume group it describes, checked as LVM checks it on loading.

LVM takes the first section that stands at the top level for the volume group, whatever else is there.
What LVM's reader refuses is refused here, in the same order, with the place in the file; so is what LVM
refuses a moment later, before it writes: duplicate UUIDs, overlapping extents, impossible names of
logical volumes.  Checks that need the kernel or the disks stay with LVM.

Followed: LVM 2.02.143 and later, 2.03 where they differ (2.03 knows more flags and segment types).
"""

from __future__ import annotations

import re
from typing import Final

from recovery.lvm.errors import MetadataError
from recovery.lvm.layouts import TYPE_FLAGS
from recovery.lvm.model import LogicalVolume, Metadata, PhysicalVolume, Segment, VolumeGroup
from recovery.lvm.names import InvalidName, validate_volume_name
from recovery.lvm.segments import SegmentReader
from recovery.lvm.tree import Section, Tree, parse_tree

CONTENTS: Final = "Text Format Volume Group"

_UINT32: Final = 0xFFFFFFFF
_ID: Final = re.compile(r"[A-Za-z0-9!#]{32}")
_CANONICAL_ID: Final = re.compile(r"[A-Za-z0-9!#]{6}(?:-[A-Za-z0-9!#]{4}){5}-[A-Za-z0-9!#]{6}")

# Words LVM knows: in "status" an unknown word is refused, in "flags" it is ignored.
_VG_STATUS: Final = frozenset({"EXPORTED", "RESIZEABLE", "PVMOVE", "READ", "WRITE", "CLUSTERED", "SHARED", "PARTIAL"})
_PV_STATUS: Final = frozenset({"ALLOCATABLE", "EXPORTED", "MISSING"})
_LV_STATUS: Final = TYPE_FLAGS | {
    "READ",
    "WRITE",
    "FIXED_MINOR",
    "VISIBLE",
    "PVMOVE",
    "LOCKED",
    "NOTSYNCED",
    "REBUILD",
    "WRITEMOSTLY",
    "CACHE_VOL",
}
_LV_FLAGS: Final = frozenset({"WRITE_LOCKED", "ACTIVATION_SKIP", "NOAUTOACTIVATE", "ERROR_WHEN_FULL", "CACHE_VOL"})


def parse_metadata(text: str) -> Metadata:
    """Read LVM2 text metadata: a file of /etc/lvm/backup or /etc/lvm/archive, or text off a disk.

    Raises MetadataError, with line and column, for what LVM would refuse.  Nothing else is raised.
    The text may hold bytes that are no UTF-8 as lone surrogates, as ``decode_upload`` leaves them.
    """
    return _MetadataReader(parse_tree(text)).read()


class _MetadataReader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.known_words: dict[tuple[object, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def read(self) -> Metadata:
        """The whole file, header first."""
        root = self.tree.root
        self._check_header(root)
        group, warnings = self._volume_group(root)
        return Metadata(
            volume_group=group,
            version=1,
            description=root.string("description") or "",
            creation_host=root.string("creation_host") or "",
            creation_time=root.integer("creation_time"),
            warnings=tuple(dict.fromkeys([*self.tree.warnings, *warnings])),
            tree=self.tree,
        )

    def _check_header(self, root: Section) -> None:
        if (
            root.string("contents") != CONTENTS
            or type(root.values["contents"]) is tuple
            and root.values["contents"][:1] != (CONTENTS,)
        ):
            what = "another" if root.has("contents") else "no"
            raise MetadataError(
                f'The file has {what} line contents = "{CONTENTS}", so LVM does not take it for '
                "metadata; upload a file of /etc/lvm/backup or /etc/lvm/archive, whole."
            )
        if root.integer("version") != 1:
            what = "another version than 1" if root.has("version") else "no line version = 1"
            raise MetadataError(f"The file has {what}, so LVM refuses it; upload an unedited backup.")

    def _volume_group(self, root: Section) -> tuple[VolumeGroup, list[str]]:
        name = next((name for name in root.sections if name not in root.values), None)
        if name is None:
            raise MetadataError("The file holds no volume group, only header lines; upload the whole file.")
        section = root.sections[name]
        self._check_format(section)
        uuid = self._id(section, f'Volume group "{name}"')
        seqno = self._number(section, "seqno")
        status, flags = self._words(section, _VG_STATUS, frozenset(), _VG_STATUS)
        extent_size, max_lv, max_pv = (self._number(section, key) for key in ("extent_size", "max_lv", "max_pv"))
        copies = section.integer("metadata_copies")
        pvs = self._physical_volumes(section)
        tags = self._strings(section, "tags")
        lvs, warnings = self._logical_volumes(section, pvs, extent_size)
        historical = self._historical(section)
        return VolumeGroup(
            name=name,
            id=uuid,
            seqno=seqno,
            format=section.string("format"),
            status=status,
            flags=flags,
            tags=tags,
            system_id=section.string("system_id"),
            extent_size=extent_size,
            max_lv=max_lv,
            max_pv=max_pv,
            metadata_copies=(copies or 0) & _UINT32,
            physical_volumes=pvs,
            logical_volumes=lvs,
            historical_logical_volumes=historical,
        ), warnings

    def _check_format(self, section: Section) -> None:
        spelled = section.string("format")
        if spelled is not None and spelled.lower() not in ("lvm2", "text"):
            raise self._refused(section, "format", f'is of format "{spelled}"; only "lvm2" can be restored')

    # physical volumes

    def _physical_volumes(self, group: Section) -> tuple[PhysicalVolume, ...]:
        holder = group.pure_section("physical_volumes")
        if holder is None:
            raise self._refused(group, "physical_volumes", 'has no section "physical_volumes"')
        volumes = tuple([self._physical_volume(section) for section in self._only_sections(holder)])
        self._refuse_twins(holder, "physical volume", [(volume.id, volume.name) for volume in volumes])
        return volumes

    def _physical_volume(self, section: Section) -> PhysicalVolume:
        uuid = self._id(section, f'Physical volume "{section.name}"')
        status, flags = self._words(section, _PV_STATUS, frozenset(), _PV_STATUS)
        dev_size = self._number(section, "dev_size", bits=64) if section.has("dev_size") else None
        pe_start, pe_count = self._number(section, "pe_start", bits=64), self._number(section, "pe_count")
        ba_start, ba_size = section.integer("ba_start") or 0, section.integer("ba_size") or 0
        if bool(ba_start) != bool(ba_size):
            raise self._refused(section, "ba_start", "has half a bootloader area (ba_start and ba_size go together)")
        return PhysicalVolume(
            name=section.name,
            id=uuid,
            device_hint=section.string("device"),
            status=status,
            flags=flags,
            tags=self._strings(section, "tags"),
            dev_size=dev_size,
            pe_start=pe_start,
            pe_count=pe_count,
            ba_start=ba_start,
            ba_size=ba_size,
            device_id=section.string("device_id"),
            device_id_type=section.string("device_id_type"),
        )

    # logical volumes

    def _logical_volumes(
        self, group: Section, pvs: tuple[PhysicalVolume, ...], extent_size: int
    ) -> tuple[tuple[LogicalVolume, ...], list[str]]:
        holder = group.pure_section("logical_volumes")
        if holder is None:
            return (), []
        sections = self._only_sections(holder)
        reader = SegmentReader(self.tree, {pv.name: pv.pe_count for pv in pvs}, holder.sections, self._strings)
        volumes = tuple([self._logical_volume(section, reader, extent_size) for section in sections])
        self._refuse_twins(holder, "logical volume", [(volume.id, volume.name) for volume in volumes])
        self._refuse_second_spare(holder, volumes)
        self._refuse_overlaps(holder, volumes)
        return volumes, reader.warnings

    def _logical_volume(self, section: Section, reader: SegmentReader, extent_size: int) -> LogicalVolume:
        name = section.name
        try:
            validate_volume_name(name)
        except InvalidName as error:
            raise self.tree.error(
                f"{error} LVM reads the file but will not restore it; upload an unedited backup", section
            ) from None
        status, flags = self._words(section, _LV_STATUS, _LV_FLAGS, _LV_STATUS - TYPE_FLAGS)
        host, time = self._creation(section)
        tags = self._strings(section, "tags") if "tags" in section.values else ()
        uuid = self._id(section, f'Logical volume "{name}"')
        segments, extents = self._segments(section, reader)
        if "FIXED_MINOR" in status:
            self._number(section, "minor")
        return LogicalVolume(name, uuid, status, flags, tags, host, time, segments, extents, extents * extent_size)

    def _creation(self, section: Section) -> tuple[str | None, int | None]:
        time, host = section.values.get("creation_time"), section.values.get("creation_host")
        if type(time) is int and type(host) is str:
            return host, time
        time, host = section.integer("creation_time"), section.string("creation_host")
        if (time is None) is not (host is None) or (
            time is None and (section.has("creation_time") or section.has("creation_host"))
        ):
            raise self._refused(
                section,
                "creation_time",
                "must have creation_time, a number, and creation_host, a string, or neither",
            )
        return host, time

    def _segments(self, section: Section, reader: SegmentReader) -> tuple[tuple[Segment, ...], int]:
        """Its segments in the order of the file, which must follow each other without gap or overlap; their extents."""
        segments = tuple(
            [reader.read(part, section.name) for key, part in section.sections.items() if key not in section.values]
        )
        count = self._number(section, "segment_count")
        if count != len(segments):
            raise self._refused(
                section, "segment_count", f"says segment_count = {count} but has {len(segments)} segments"
            )
        if len(segments) > 1 and any(segment.type == "snapshot" for segment in segments):
            raise self._refused(section, "segment_count", "is a snapshot and can have one segment only")
        expected = 0
        for segment in segments:
            if segment.start_extent != expected:
                raise self._refused(
                    section,
                    segment.name,
                    f'has a gap or an overlap: segment "{segment.name}" should '
                    f"begin at extent {expected}, not {segment.start_extent}",
                )
            expected += segment.extent_count
        if not expected:
            raise self._refused(section, "segment_count", "has no extents")
        return segments, expected & _UINT32

    def _historical(self, group: Section) -> tuple[str, ...]:
        """Names of removed thin snapshots that LVM remembers for their ancestry."""
        holder = group.pure_section("historical_logical_volumes")
        if holder is None:
            return ()
        sections = self._only_sections(holder)
        for section in sections:
            self._id(section, f'Historical logical volume "{section.name}"')
        return tuple([section.string("name") or section.name for section in sections])

    # what must not happen twice

    def _refuse_twins(self, holder: Section, what: str, named_ids: list[tuple[str, str]]) -> None:
        first: dict[str, str] = {}
        for uuid, name in named_ids:
            if first.setdefault(uuid, name) != name:
                raise self.tree.error(
                    f'The UUID {uuid} of {what} "{name}" is also that of "{first[uuid]}", so LVM '
                    "refuses to restore; upload an unedited backup",
                    holder.sections[name],
                )

    def _refuse_second_spare(self, holder: Section, volumes: tuple[LogicalVolume, ...]) -> None:
        spares = [volume.name for volume in volumes if "_pmspare" in volume.name and not volume.visible]
        if len(spares) > 1:
            raise self.tree.error(
                f'The group has two spares for pool metadata, "{spares[0]}" and "{spares[1]}", and '
                "LVM allows one; upload an unedited backup",
                holder.sections[spares[1]],
            )

    def _refuse_overlaps(self, holder: Section, volumes: tuple[LogicalVolume, ...]) -> None:
        runs = sorted(
            [
                (area.volume, area.first_extent or 0, _length(segment), volume.name)
                for volume in volumes
                for segment in volume.segments
                for area in segment.areas
                if area.on_physical_volume
            ]
        )
        for (pv, start, length, name), (next_pv, next_start, _, next_name) in zip(runs, runs[1:], strict=False):
            if pv == next_pv and next_start < start + length:
                raise self.tree.error(
                    f'Logical volumes "{name}" and "{next_name}" both claim extent {next_start} of '
                    f"{pv}, so LVM refuses to restore; upload an unedited backup",
                    holder.sections[next_name],
                )

    # values

    def _only_sections(self, holder: Section) -> list[Section]:
        """The sections in it; LVM takes everything in it for a volume, and refuses an empty one."""
        for name in holder.values:
            if name not in holder.sections:
                raise self.tree.error(
                    f'Value "{name}" stands in "{holder.name}" where LVM expects sections; upload an unedited copy',
                    holder,
                    name,
                )
        for section in holder.sections.values():
            if not section.values and not section.sections:
                raise self.tree.error(
                    f'Section "{section.name}" is empty, so LVM refuses the file; upload an unedited backup',
                    section,
                )
        return list(holder.sections.values())

    def _id(self, section: Section, whose: str) -> str:
        spelled = section.values.get("id")
        if type(spelled) is str and _CANONICAL_ID.fullmatch(spelled):
            return spelled
        uuid = section.string("id")
        bare = "" if uuid is None else uuid.replace("-", "")
        if _ID.fullmatch(bare):
            return format_uuid(bare)
        found = "no id" if uuid is None else f"the id {uuid!r}"
        raise self.tree.error(
            f"{whose} has {found}; LVM needs a UUID of 32 letters and digits there; upload an unedited backup",
            section,
            "id",
        )

    def _number(self, section: Section, key: str, bits: int = 32) -> int:
        number = section.values.get(key)
        if type(number) is not int:
            number = section.integer(key)
        if number is None:
            raise self._refused(section, key, f'needs "{key}", a whole number')
        return number & ((1 << bits) - 1)

    def _words(
        self, section: Section, status: frozenset[str], flags: frozenset[str], after_cache_vol: frozenset[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words of "status" and of "flags". Thousands of volumes have the same, so what was found right is kept."""
        key = (status, section.values.get("status"), section.values.get("flags"))
        known = self.known_words.get(key)
        if known is None:
            known = self.known_words[key] = self._checked_words(section, status, flags, after_cache_vol)
        return known

    def _checked_words(
        self, section: Section, status: frozenset[str], flags: frozenset[str], after_cache_vol: frozenset[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if "status" not in section.values:
            raise self._refused(section, "status", 'has no list "status"')
        found = self._strings(section, "status")
        if not status.issuperset(found):
            self._check_words(section, "status", found, status, after_cache_vol | flags)
        others = self._strings(section, "flags")
        if "CACHE_VOL" in others and flags:
            # From that word on, LVM 2.03 holds "flags" to the same rule as "status".
            self._check_words(section, "flags", others, None, after_cache_vol | flags)
        return found, others

    def _check_words(
        self,
        section: Section,
        key: str,
        words: tuple[str, ...],
        known: frozenset[str] | None,
        after_cache_vol: frozenset[str],
    ) -> None:
        for word in words:
            if word == "CACHE_VOL" and "CACHE_VOL" in after_cache_vol:
                known = after_cache_vol
            if known is not None and word not in known:
                raise self._refused(section, key, f'has the word "{word}" in "{key}", which LVM does not know')

    def _strings(self, section: Section, key: str) -> tuple[str, ...]:
        items = section.items(key)
        if not items:
            return ()
        for item in items:
            if type(item) is not str:
                raise self._refused(section, key, f'has {item} in "{key}", where only strings may be')
        return items  # type: ignore[return-value]  # every item was just seen to be a str

    def _refused(self, section: Section, key: str, why: str) -> MetadataError:
        return self.tree.error(
            f'Section "{section.name}" {why}, so LVM refuses the file; upload an unedited backup',
            section,
            key,
        )


def format_uuid(bare: str) -> str:
    """The 32 characters of an LVM UUID as LVM prints them: 6-4-4-4-4-4-6."""
    return "-".join((bare[:6], *(bare[at : at + 4] for at in range(6, 26, 4)), bare[26:]))


def _length(segment: Segment) -> int:
    """How many extents it takes of each of its areas."""
    striped = segment.type in ("striped", "linear")
    return segment.extent_count // len(segment.areas) if striped else segment.extent_count
