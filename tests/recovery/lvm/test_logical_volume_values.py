import json

from recovery.lvm import dm_name
from tests.recovery.lvm.samples import SAMPLES, metadata


def _said_by_lvs() -> list[dict[str, str]]:
    report = json.loads((SAMPLES / "30-lvs-report.json").read_text())["report"][0]["lv"]
    assert isinstance(report, list)
    return report


def test_names_uuids_sizes_and_visibility_are_what_lvs_reports() -> None:
    group = metadata("30-gen-2.03.32-alltypes.vg").volume_group
    ours = {lv.name: (lv.id, f"{lv.size_bytes}B", lv.visible) for lv in group.logical_volumes}

    theirs = {
        row["lv_name"].strip("[]"): (row["lv_uuid"], row["lv_size"], not row["lv_name"].startswith("["))
        for row in _said_by_lvs()
    }

    snapshots = {name for name in ours if name not in theirs}
    assert all(group.logical_volume(name).segment_types == ("snapshot",) for name in snapshots)
    assert {name: found[:2] for name, found in ours.items() if name not in snapshots | {"oldsnap"}} == {
        name: found[:2] for name, found in theirs.items() if name != "oldsnap"
    }


def test_the_device_names_are_what_lvs_reports() -> None:
    for row in _said_by_lvs():
        name = row["lv_name"].strip("[]")
        assert row["lv_dm_path"] == "/dev/mapper/" + dm_name("vg_Mix-01.x+y", name)


def test_a_linear_volume_lies_where_its_segments_say() -> None:
    root = metadata("30-gen-2.03.32-alltypes.vg").volume_group.logical_volume("root")

    assert root.segment_count == 2
    assert [(s.start_extent, s.extent_count) for s in root.segments] == [(0, 10), (10, 7)]
    assert [(a.volume, a.first_extent) for s in root.segments for a in s.areas] == [("pv0", 0), ("pv0", 20)]
    assert root.segments[0].is_linear
    assert root.segments[0].pvs == ("pv0",)
    assert (root.creation_host, root.creation_time) == ("(none)", 1795360427)


def test_a_striped_volume_lies_on_all_its_disks() -> None:
    striped = metadata("30-gen-2.03.32-alltypes.vg").volume_group.logical_volume("striped")

    assert striped.segments[0].pvs == ("pv0", "pv1", "pv2")
    assert not striped.segments[0].is_linear


def test_the_disks_under_a_raid_volume_are_found_through_its_images() -> None:
    group = metadata("30-gen-2.03.32-alltypes.vg").volume_group

    assert group.logical_volume("r5").segments[0].pvs == ()
    assert sorted(group.pvs_under("r5")) == ["pv0", "pv1", "pv2"]


def test_a_mirror_leans_on_its_images_and_its_log() -> None:
    mirror = metadata("30-gen-2.03.32-alltypes.vg").volume_group.logical_volume("mirrlog")

    assert mirror.segments[0].lvs == ("mirrlog_mimage_0", "mirrlog_mimage_1", "mirrlog_mlog")


def test_flags_in_a_segment_type_are_told_from_the_type() -> None:
    pool = metadata("30-gen-2.03.32-alltypes.vg").volume_group.logical_volume("cpool_cpool")

    assert pool.segment_types == ("cache-pool",)
    assert pool.segments[0].type_flags == ("METADATA_FORMAT",)


def test_a_read_only_volume_is_not_writable() -> None:
    group = metadata("30-gen-2.03.32-alltypes.vg").volume_group

    assert not group.logical_volume("ro").writable
    assert group.logical_volume("root").writable


def test_hidden_volumes_are_not_among_the_visible_ones() -> None:
    visible = [lv.name for lv in metadata("30-gen-2.03.32-alltypes.vg").volume_group.visible_logical_volumes]

    assert "root" in visible
    assert "r5_rimage_0" not in visible
