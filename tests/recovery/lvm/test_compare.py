import re

from recovery.lvm import Difference, Kind, compare, parse_metadata
from tests.recovery.lvm.samples import metadata, text

FILE = "70-two-pvs.vg"


def _changed(pattern: str, by: str) -> Difference:
    """What differs when the disk says ``by`` where the file says ``pattern``."""
    disk, count = re.subn(pattern, by, text(FILE), flags=re.DOTALL)
    assert count
    return compare(metadata(FILE), parse_metadata(disk))


def _sentences(difference: Difference) -> list[str]:
    return [item.sentence for item in difference.items]


def test_a_backup_and_the_disk_it_was_made_of_do_not_differ() -> None:
    assert compare(metadata(FILE), metadata("71-two-pvs-on-disk.vg")).is_none


def test_another_name_is_a_difference_in_name_only() -> None:
    found = _changed(r"RootVG \{", "OtherVG {")

    assert found.is_name_only
    assert _sentences(found) == ['The volume group is called "OtherVG" on the disk and "RootVG" in the file.']


def test_a_disk_that_went_on_is_newer_than_the_file() -> None:
    found = _changed("seqno = 3", "seqno = 5")

    assert not found.is_name_only
    assert _sentences(found) == [
        "The file is older than the disk by 2 changes of the group (sequence number 3 in the file, 5 on the disk)."
    ]


def test_a_disk_behind_the_file_is_older() -> None:
    assert _sentences(_changed("seqno = 3", "seqno = 2"))[0].startswith(
        "The disk is older than the file by 1 change of"
    )


def test_another_group_is_told_by_its_uuid() -> None:
    found = _changed('id = "sMPjaP', 'id = "xxxxxx')

    assert [item.kind for item in found.items] == [Kind.ID]
    assert _sentences(found)[0].startswith("The disk holds another volume group: its UUID is xxxxxx-")


def test_another_extent_size_is_told_in_bytes() -> None:
    found = _changed("extent_size = 8192", "extent_size = 16384")

    assert _sentences(found)[0] == "The extents are of 8 MiB on the disk and of 4 MiB in the file."
    assert {item.kind for item in found.items} == {Kind.EXTENT_SIZE, Kind.LV_RESIZED}


def test_a_replaced_disk_is_one_gone_and_one_new() -> None:
    found = _changed('id = "fXPWyf', 'id = "xxxxxx')

    assert [item.subject[:6] for item in found.of(Kind.PV_REMOVED)] == ["fXPWyf"]
    assert [item.subject[:6] for item in found.of(Kind.PV_ADDED)] == ["xxxxxx"]
    assert [item.subject for item in found.of(Kind.LV_MOVED)] == ["var"]


def test_a_grown_disk_is_a_changed_physical_volume() -> None:
    found = _changed("pe_count = 15\t# 60 Megabytes\n\t\t}", "pe_count = 30\n\t\t}")

    assert found.of(Kind.PV_CHANGED)[0].sentence.endswith(
        "has 30 extents from sector 2048 on the disk and 15 extents from sector 2048 in the file."
    )


def test_a_logical_volume_only_on_the_disk_would_be_lost() -> None:
    added = compare(parse_metadata(re.sub(r"\t\tvar \{.*?\n\t\t\}\n", "", text(FILE), flags=re.DOTALL)), metadata(FILE))

    assert _sentences(added) == [
        'Logical volume "var" (12 MiB) is on the disk but not in the file: restoring would lose it.'
    ]


def test_a_logical_volume_only_in_the_file_is_told() -> None:
    assert _sentences(_changed(r"\t\tvar \{.*?\n\t\t\}\n", "")) == [
        'Logical volume "var" is in the file but no longer on the disk.'
    ]


def test_a_resized_logical_volume_is_told_with_both_sizes() -> None:
    assert _sentences(_changed("extent_count = 3\t", "extent_count = 4\t")) == [
        'Logical volume "var" has 16 MiB on the disk and 12 MiB in the file.'
    ]


def test_a_renamed_logical_volume_is_no_removal() -> None:
    assert _sentences(_changed(r"\t\tvar \{", "\t\tlog {")) == [
        'Logical volume "log" on the disk is called "var" in the file.'
    ]


def test_a_moved_logical_volume_is_told() -> None:
    assert _sentences(_changed('"pv1", 0', '"pv1", 7')) == [
        'Logical volume "var" lies on other extents on the disk than in the file.'
    ]


def test_a_group_with_every_segment_type_equals_itself() -> None:
    whole = metadata("30-gen-2.03.32-alltypes.vg")

    assert compare(whole, whole).is_none


def test_sizes_are_told_as_people_read_them() -> None:
    found = _changed("extent_size = 8192", "extent_size = 3")

    assert _sentences(found)[0] == "The extents are of 1.5 KiB on the disk and of 4 MiB in the file."
