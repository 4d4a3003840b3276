"""Which keys each segment type of LVM has, and which of them LVM insists on when it reads a file.

LVM 2.03 knows about thirty types, 2.02 fewer; a type not in this table is restored as it is, with a
warning.  Plain data: ``segments`` applies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Flags newer LVM appends to a type ("cache+CACHE_USES_CACHEVOL") so that older LVM keeps its hands off.
TYPE_FLAGS: Final = frozenset(
    [
        "RESHAPE",
        "RESHAPE_DATA_OFFSET",
        "RESHAPE_DELTA_DISKS_PLUS",
        "RESHAPE_DELTA_DISKS_MINUS",
        "REMOVE_AFTER_RESHAPE",
        "METADATA_FORMAT",
        "CROP_METADATA",
        "CACHE_USES_CACHEVOL",
    ]
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The keys of one segment type.

    ``numbers``, ``strings`` and ``volumes`` (names of logical volumes of the group) are required;
    ``ranges`` limits numbers; ``words`` limits what an optional string may say, in any case.
    """

    numbers: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    optional_numbers: tuple[str, ...] = ()
    optional_volumes: tuple[str, ...] = ()
    ranges: Mapping[str, range] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


RAID_TYPES: Final = frozenset(
    [
        "raid0",
        "raid0_meta",
        "raid1",
        "raid10",
        "raid10_near",
        "raid4",
        "raid5",
        "raid5_n",
        "raid5_la",
        "raid5_ls",
        "raid5_ra",
        "raid5_rs",
        "raid6",
        "raid6_nc",
        "raid6_nr",
        "raid6_zr",
        "raid6_la_6",
        "raid6_ls_6",
        "raid6_ra_6",
        "raid6_rs_6",
        "raid6_n_6",
    ]
)

# Types whose areas are a list of pairs, a volume and an extent: the keys of the list and of its length.
PAIRED: Final = {
    "striped": ("stripes", "stripe_count"),
    "linear": ("stripes", "stripe_count"),
    "mirror": ("mirrors", "mirror_count"),
}

_CACHE_MODES: Final = {"cache_mode": ("writethrough", "writeback", "passthrough")}
_WRITECACHE_SETTINGS: Final = (
    "high_watermark",
    "low_watermark",
    "writeback_jobs",
    "autocommit_blocks",
    "autocommit_time",
    "fua",
    "nofua",
    "cleaner",
    "max_age",
)
_VDO_POOL_NUMBERS: Final = (
    "header_size",
    "virtual_extents",
    "minimum_io_size",
    "block_map_cache_size_mb",
    "block_map_era_length",
    "index_memory_size_mb",
    "max_discard",
    "slab_size_mb",
    "ack_threads",
    "bio_threads",
    "bio_rotation",
    "cpu_threads",
    "hash_zone_threads",
    "logical_threads",
    "physical_threads",
)
_RAID: Final = Layout(
    optional_numbers=("region_size", "stripe_size", "writebehind", "min_recovery_rate", "max_recovery_rate")
)

LAYOUTS: Final[dict[str, Layout]] = {
    "striped": Layout(),
    "linear": Layout(),
    "mirror": Layout(optional_numbers=("extents_moved", "region_size")),
    "snapshot": Layout(numbers=("chunk_size",), volumes=("origin",)),
    "thin-pool": Layout(
        numbers=("transaction_id", "chunk_size"),
        volumes=("metadata", "pool"),
        optional_numbers=("zero_new_blocks", "crop_metadata"),
        ranges={"chunk_size": range(128, 2097153)},  # 64 KiB to 1 GiB, in sectors
        words={"discards": ("passdown", "nopassdown", "ignore")},
    ),
    "thin": Layout(
        numbers=("transaction_id", "device_id"),
        volumes=("thin_pool",),
        optional_volumes=("origin", "merge", "external_origin"),
        ranges={"device_id": range(1 << 24)},
    ),
    "cache-pool": Layout(
        volumes=("data", "metadata"),
        optional_numbers=("chunk_size", "metadata_format"),
        ranges={"metadata_format": range(1, 3)},
        words=_CACHE_MODES,
    ),
    "cache": Layout(
        volumes=("cache_pool", "origin"),
        optional_numbers=("cleaner", "chunk_size", "metadata_format"),
        ranges={"metadata_format": range(2, 3)},
        words=_CACHE_MODES,
    ),
    "writecache": Layout(
        numbers=("writecache_block_size",),
        volumes=("origin", "writecache"),
        optional_numbers=_WRITECACHE_SETTINGS,
    ),
    "vdo": Layout(numbers=("vdo_offset",), volumes=("vdo_pool",)),
    "vdo-pool": Layout(numbers=_VDO_POOL_NUMBERS, volumes=("data",)),
    "integrity": Layout(
        numbers=("data_sectors", "tag_size", "block_size"),
        strings=("mode", "internal_hash"),
        volumes=("origin",),
        optional_volumes=("meta_dev",),
    ),
    "error": Layout(),
    "zero": Layout(),
    **dict.fromkeys(RAID_TYPES, _RAID),
}
