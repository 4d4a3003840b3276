"""One thing at a time is broken in the sample that holds every segment type."""

import pytest

from recovery.lvm import MetadataError, parse_metadata
from tests.recovery.lvm.samples import text

BROKEN = [
    ('mirror_log = "mirrlog_mlog"\n\t\t\t\tregion_size = 4096', 'mirror_log = "mirrlog_mlog"', 'no "region_size"'),
    ('mirror_log = "mirrlog_mlog"', 'mirror_log = "nowhere"', "'nowhere', which is no volume"),
    ("mirror_count = 2", 'mirror_count = "2"', 'needs "mirror_count", a whole number'),
    ("device_count = 3", "", 'must have one of "device_count" and "stripe_count"'),
    ("device_count = 3", "device_count = 3\nstripe_count = 3", 'must have one of "device_count" and "stripe_count"'),
    ("device_count = 3", "device_count = 2", 'says 2 devices but "raids" names 3 images'),
    ('"r5_rmeta_2", "r5_rimage_2"', '"r5_rmeta_2"', 'says 3 devices but "raids" names 2 images'),
    ('"r5_rmeta_1", "r5_rimage_1"', '"r5_rmeta_1", 7', "refers to 7, which is no volume"),
    ("raids = [", "rods = [", 'has no list "raids"'),
    ('cow_store = "oldsnap"', "", 'must have one of "cow_store" and "merging_store"'),
    ('cow_store = "oldsnap"', 'cow_store = "root"', 'has "root" for both origin and snapshot'),
    ('discards = "passdown"', 'discards = "maybe"', "needs one of passdown, nopassdown, ignore"),
    ('metadata = "pool_tmeta"', "", 'needs "metadata", the name of a logical volume'),
    ("device_id = 1\n", "device_id = 16777216\n", 'has the value 16777216 for "device_id", out of range'),
    ('origin = "thin1"', "origin = 1", 'needs "origin", the name of a logical volume'),
    ('cache_mode = "writethrough"', 'cache_mode = "writenever"', "needs one of writethrough, writeback"),
    ('policy = "smq"', "policy = 1", 'needs a string for "policy"'),
    ('policy = "smq"', "policy_settings { a = 1 }", '"policy_settings" that are no section, or no "policy"'),
    ("writecache_block_size = 4096", "", 'needs "writecache_block_size", a whole number'),
    ("writecache_block_size = 4096", 'writecache_block_size = 4096\nfua = "x"', 'needs "fua", a whole number'),
    ("zero_new_blocks = 1", "zero_new_blocks = 1\nmessage1 { }", "neither creates nor deletes"),
    ("zero_new_blocks = 1", 'zero_new_blocks = 1\nmessage1 { create = "gone" }', "'gone', which is no volume"),
    ("stripe_count = 3", "stripe_count = 0", "says 0 areas"),
    ("extent_count = 9\t", "extent_count = 0\t", "has no extents"),
    ('extent_count = 4\t# 16 Megabytes\n\n\t\t\t\ttype = "raid5"', 'extent_count = 5\n\ntype = "raid5"', "unevenly"),
    ('type = "raid10"', 'type = "integrity"', 'needs "data_sectors", a whole number'),
    ('type = "raid10"', 'type = "integrity"\ndata_sectors=1\ntag_size=1\nblock_size=1', 'needs "mode", a string'),
    ('"READ", "WRITE", "FIXED_MINOR", "VISIBLE"', '"CACHE_VOL", "FROBNICATE"', 'has the word "FROBNICATE" in "status"'),
    ('flags = ["CACHE_VOL"]', 'flags = ["CACHE_VOL", "FROBNICATE"]', 'has the word "FROBNICATE" in "flags"'),
    ('creation_host = "(none)"\n\t\t\tsegment_count = 2', "creation_host = 1\nsegment_count = 2", "or neither"),
]


@pytest.mark.parametrize(("before", "after", "said"), BROKEN)
def test_a_broken_segment_is_refused_with_its_reason(before: str, after: str, said: str) -> None:
    whole = text("30-gen-2.03.32-alltypes.vg")
    assert before in whole

    with pytest.raises(MetadataError) as caught:
        parse_metadata(whole.replace(before, after, 1))

    assert said in caught.value.message


def test_a_snapshot_has_one_segment() -> None:
    whole = text("30-gen-2.03.32-alltypes.vg")
    at = whole.index('type = "snapshot"')
    start = whole.rindex("segment_count = 1", 0, at)
    end = whole.index("}", at) + 1
    second = "segment2 { start_extent = 5 extent_count = 5 type = 'zero' }"
    twice = whole[:start] + "segment_count = 2" + whole[start + 17 : end] + second + whole[end:]

    with pytest.raises(MetadataError, match="is a snapshot and can have one segment only"):
        parse_metadata(twice)


def test_two_spares_for_pool_metadata_are_refused() -> None:
    whole = text("30-gen-2.03.32-alltypes.vg")
    assert "lvol0_pmspare" in whole

    with pytest.raises(MetadataError, match="two spares for pool metadata"):
        parse_metadata(whole.replace("mirrlog_mlog", "lvol9_pmspare"))


def test_a_thin_pool_leans_on_the_volumes_in_its_messages() -> None:
    told = 'zero_new_blocks = 1\nmessage1 { create = "thin1" }\nmessage2 { delete = 3 }'
    whole = text("30-gen-2.03.32-alltypes.vg").replace("zero_new_blocks = 1", told, 1)

    pool = parse_metadata(whole).volume_group.logical_volume("pool")

    assert pool.segments[0].lvs == ("pool_tmeta", "pool_tdata", "thin1")


def test_an_unknown_segment_type_is_taken_with_a_warning() -> None:
    found = parse_metadata(text("60-loads-unknown-segment-type.vg"))

    assert not found.volume_group.logical_volume("root").segments[0].is_known_type
    assert "frobnicate" in found.warnings[0]
