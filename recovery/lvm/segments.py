"""Reading one segment of a logical volume: which volumes it lies on, and what LVM insists on.

LVM knows about thirty segment types.  Each has its own keys; this table says, per type, where its areas
are written and what must be there.  An unknown type is accepted, as LVM accepts it, with a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from recovery.lvm.errors import MetadataError
from recovery.lvm.layouts import LAYOUTS, PAIRED, RAID_TYPES, TYPE_FLAGS, Layout
from recovery.lvm.model import Area, Segment
from recovery.lvm.tree import Scalar, Section, Tree

_UINT32: Final = 0xFFFFFFFF


class SegmentReader:
    """Reads the segments of one file; knows the names of its physical and logical volumes."""

    def __init__(
        self,
        tree: Tree,
        pvs: dict[str, int],
        lvs: Collection[str],
        tags: Callable[[Section, str], tuple[str, ...]],
    ) -> None:
        self.tree = tree
        self.pvs = pvs
        self.lvs = lvs
        self.tags = tags
        self.warnings: list[str] = []

    def read(self, section: Section, lv: str) -> Segment:
        """One segment; raises MetadataError where LVM refuses it."""
        if not section.values and not section.sections:
            raise self._refused(section, lv, "is empty")
        values = section.values
        start, count, spelled = values.get("start_extent"), values.get("extent_count"), values.get("type")
        if type(start) is not int or not 0 <= start <= _UINT32:
            start = self._number(section, lv, "start_extent")
        if type(count) is not int or not 0 <= count <= _UINT32:
            count = self._number(section, lv, "extent_count")
        if type(spelled) is not str:
            spelled = section.string("type")
        if spelled is None:
            raise self._refused(section, lv, 'has no "type" (a string such as "striped")')
        kind, flags = _type_and_flags(spelled)
        layout = LAYOUTS.get(kind)
        areas: tuple[Area, ...] = ()
        lvs: tuple[str, ...] = ()
        if layout is None:
            self.warnings.append(
                f'{lv} has a segment of type "{kind}", which LVM calls unrecognised: it can be restored, not activated.'
            )
        elif kind in PAIRED:
            areas = self._areas(section, lv, kind, count)
            lvs = tuple([area.volume for area in areas if not area.on_physical_volume])
            if kind == "mirror":
                lvs += self._mirror_log(section, lv, layout)
        else:
            areas, lvs = self._parts(section, lv, kind, layout, count)
        tags = self.tags(section, "tags") if "tags" in values else ()
        return Segment(section.name, start, count, kind, flags, layout is not None, areas, lvs, tags)

    def _areas(self, section: Section, lv: str, kind: str, extents: int) -> tuple[Area, ...]:
        """The areas of a striped or mirrored segment: pairs of a volume's name and its first extent."""
        key, count_key = PAIRED[kind]
        count = section.values.get(count_key)
        if type(count) is not int or not 0 <= count <= _UINT32:
            count = self._number(section, lv, count_key)
        if count != 1 and kind != "mirror" and section.integer("stripe_size") is None:
            raise self._refused(section, lv, 'has several stripes but no "stripe_size"')
        found = section.values.get(key)
        items = found if type(found) is tuple else section.items(key)
        if items is None:
            raise self._refused(section, lv, f'has no list "{key}"')
        if not count or len(items) != 2 * count:
            raise self._refused(
                section,
                lv,
                f'says {count} areas but "{key}" holds {len(items)} items (a name and an extent for each area)',
            )
        if kind != "mirror" and extents % count:
            raise self._refused(section, lv, f"spreads {extents} extents over {count} stripes unevenly")
        length = extents if kind == "mirror" else extents // count
        if count == 1:
            return (self._area(section, lv, items[0], items[1], length),)
        return tuple([self._area(section, lv, items[at], items[at + 1], length) for at in range(0, len(items), 2)])

    def _area(self, section: Section, lv: str, volume: Scalar, first: Scalar, length: int) -> Area:
        if type(volume) is not str or type(first) is not int:
            raise self._refused(section, lv, "has an area that is not a volume's name and an extent number")
        first &= _UINT32
        pe_count = self.pvs.get(volume)
        if pe_count is None:
            return Area(self._known_lv(section, lv, volume), first, False)
        if not length or first + length > pe_count:
            raise self._refused(
                section,
                lv,
                f"uses extents {first} to {first + length - 1} of {volume}, which has {pe_count}"
                if length
                else "has no extents",
            )
        return Area(volume, first, True)

    def _mirror_log(self, section: Section, lv: str, layout: Layout) -> tuple[str, ...]:
        self._check_settings(section, lv, layout)
        log = section.string("mirror_log")
        if log is None:
            return ()
        if not section.integer("region_size"):
            raise self._refused(section, lv, 'has a mirror log but no "region_size"')
        return (self._known_lv(section, lv, log),)

    def _parts(
        self, section: Section, lv: str, kind: str, layout: Layout, extents: int
    ) -> tuple[tuple[Area, ...], tuple[str, ...]]:
        """The areas of the types that lean on other logical volumes, and all volumes they name."""
        self._check_settings(section, lv, layout)
        if kind in RAID_TYPES:
            images, parts = self._raid(section, lv, kind, extents)
            return tuple([Area(image, None, False) for image in images]), parts
        named = [self._volume(section, lv, key) for key in layout.volumes]
        named += [self._volume(section, lv, key) for key in layout.optional_volumes if section.has(key)]
        if kind == "thin-pool":
            named += self._messages(section, lv)
        if kind == "snapshot":
            named.append(self._snapshot_store(section, lv, named[0]))
        return tuple([Area(name, None, False) for name in named]), tuple(dict.fromkeys(named))

    def _messages(self, section: Section, lv: str) -> list[str]:
        """Volumes named in messages a thin pool has yet to be told: every section in it is one."""
        named = []
        for message in (part for name, part in section.sections.items() if name not in section.values):
            if message.string("create") is not None:
                named.append(self._volume(message, lv, "create"))
            elif message.integer("delete") is None:
                raise self._refused(section, lv, f'has a message "{message.name}" that neither creates nor deletes')
        return named

    def _raid(self, section: Section, lv: str, kind: str, extents: int) -> tuple[list[str], tuple[str, ...]]:
        """RAID images, and images and metadata volumes together: [rmeta, rimage, rmeta, rimage, ...]."""
        devices, stripes = section.integer("device_count"), section.integer("stripe_count")
        if (devices is None) == (stripes is None):
            raise self._refused(section, lv, 'must have one of "device_count" and "stripe_count"')
        count = ((devices or 0) + (stripes or 0)) & _UINT32
        key = "raid0_lvs" if kind.startswith("raid0") else "raids"
        items = section.items(key)
        if items is None:
            raise self._refused(section, lv, f'has no list "{key}"')
        parts = [self._known_lv(section, lv, item) for item in items]
        images = [part for part in parts if "_rmeta_" not in part]
        paired = all(
            "_rmeta_" not in after for before, after in zip(parts, parts[1:] + [""], strict=True) if "_rmeta_" in before
        )
        if not count or len(images) != count or not paired or (parts and "_rmeta_" in parts[-1]):
            raise self._refused(section, lv, f'says {count} devices but "{key}" names {len(images)} images')
        stripes = count - (2 if kind.startswith("raid6") else 1)
        if kind.startswith(("raid4", "raid5", "raid6")) and (stripes < 1 or (extents > 1 and extents % stripes)):
            raise self._refused(section, lv, f"spreads {extents} extents over {stripes} stripes unevenly")
        return images, tuple(parts)

    def _snapshot_store(self, section: Section, lv: str, origin: str) -> str:
        keys = [key for key in ("cow_store", "merging_store") if section.has(key)]
        if len(keys) != 1:
            raise self._refused(section, lv, 'must have one of "cow_store" and "merging_store"')
        store = self._volume(section, lv, keys[0])
        if store == origin:
            raise self._refused(section, lv, f'has "{store}" for both origin and snapshot')
        return store

    def _check_settings(self, section: Section, lv: str, layout: Layout) -> None:
        """What the type's table demands of numbers and words."""
        for key in (*layout.numbers, *(key for key in layout.optional_numbers if section.has(key))):
            number = self._number(section, lv, key)
            if key in layout.ranges and number not in layout.ranges[key]:
                raise self._refused(section, lv, f'has the value {number} for "{key}", out of range')
        for key in layout.strings:
            if section.string(key) is None:
                raise self._refused(section, lv, f'needs "{key}", a string')
        for key, words in layout.words.items():
            if section.has(key) and (section.string(key) or "").lower() not in words:
                raise self._refused(section, lv, f'needs one of {", ".join(words)} for "{key}"')
        self._check_cache_policy(section, lv, layout)

    def _check_cache_policy(self, section: Section, lv: str, layout: Layout) -> None:
        if "cache_mode" not in layout.words:
            return
        if section.has("policy") and not section.string("policy"):
            raise self._refused(section, lv, 'needs a string for "policy"')
        if section.has("policy_settings") and ("policy" not in section.values or "policy_settings" in section.values):
            raise self._refused(section, lv, 'has "policy_settings" that are no section, or no "policy"')

    def _volume(self, section: Section, lv: str, key: str) -> str:
        name = section.string(key)
        if name is None:
            raise self._refused(section, lv, f'needs "{key}", the name of a logical volume')
        return self._known_lv(section, lv, name)

    def _known_lv(self, section: Section, lv: str, name: Scalar) -> str:
        bare = name.rpartition("/")[2] if isinstance(name, str) else ""
        if bare not in self.lvs:
            raise self._refused(section, lv, f"refers to {name!r}, which is no volume of this group")
        if bare == lv:
            raise self._refused(section, lv, "refers to its own logical volume")
        return bare

    def _number(self, section: Section, lv: str, key: str) -> int:
        number = section.values.get(key)
        if type(number) is not int:
            number = section.integer(key)
        if number is None:
            raise self._refused(section, lv, f'needs "{key}", a whole number')
        return number & _UINT32

    def _refused(self, section: Section, lv: str, why: str) -> MetadataError:
        return self.tree.error(
            f'Segment "{section.name}" of logical volume "{lv}" {why}, so LVM refuses the file; '
            "upload an unedited backup",
            section,
        )


def _type_and_flags(spelled: str) -> tuple[str, tuple[str, ...]]:
    """The type without its flags; with one unknown flag LVM takes the whole word for the type."""
    if "+" not in spelled:
        return spelled, ()
    kind, *rest = spelled.split("+")
    flags = tuple(rest)
    return (kind, flags) if TYPE_FLAGS.issuperset(flags) else (spelled, ())
