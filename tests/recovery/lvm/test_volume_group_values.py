from recovery.lvm import VolumeGroup
from tests.recovery.lvm.samples import metadata


def _group() -> VolumeGroup:
    return metadata("30-gen-2.03.32-alltypes.vg").volume_group


def test_the_header_tells_who_wrote_the_file_and_when() -> None:
    found = metadata("30-gen-2.03.32-alltypes.vg")

    assert found.version == 1
    assert found.creation_host == "(none)"
    assert found.creation_time == 1795360438
    assert found.description.startswith("Created *after* executing 'lvcreate")


def test_the_group_has_its_own_values() -> None:
    group = _group()

    assert (group.name, group.seqno) == ("vg_Mix-01.x+y", 33)
    assert group.id == "UQVp1W-xfOH-H2gs-Tdid-04vx-ROdu-6txR4n"
    assert group.status == ("RESIZEABLE", "READ", "WRITE")
    assert group.flags == ()
    assert group.tags == ("prod", "site/eu=1")
    assert (group.extent_size, group.max_lv, group.max_pv, group.metadata_copies) == (8192, 0, 0, 0)
    assert (group.format, group.system_id) == ("lvm2", None)


def test_a_group_knows_whether_it_holds_thin_volumes() -> None:
    assert _group().has_thin_volumes
    assert not metadata("70-two-pvs.vg").volume_group.has_thin_volumes


def test_a_group_knows_whether_it_was_exported() -> None:
    assert metadata("60-loads-exported-vg.vg").volume_group.is_exported
    assert not _group().is_exported


def test_a_leading_zero_makes_a_number_octal() -> None:
    assert metadata("60-loads-octal-seqno.vg").volume_group.seqno == 8


def test_of_a_value_given_twice_the_last_counts_and_a_warning_says_so() -> None:
    found = metadata("60-loads-duplicate-key.vg")

    assert found.volume_group.seqno == 3
    assert found.warnings == ('"seqno" is given twice in one section; LVM takes the last.',)


def test_a_time_too_long_for_64_bits_is_read_as_lvm_reads_it() -> None:
    found = metadata("60-loads-creation-time-too-long.vg")

    assert found.creation_time == 1527120000
    assert "creation_time" in found.warnings[0]


def test_escapes_in_a_string_are_undone() -> None:
    assert metadata("60-loads-escapes.vg").description == "a \"q\" \\ b # c { } 'x'"


def test_a_description_that_is_no_utf8_is_kept() -> None:
    assert metadata("60-loads-latin1-description.vg").description == "g\udce9n\udce9r\udce9"


def test_a_uuid_without_dashes_is_shown_with_them() -> None:
    root = metadata("60-loads-id-without-dashes.vg").volume_group.logical_volume("root")

    assert root.id == "skA23A-yvKZ-6vZv-UWgJ-p0gw-zo3h-Lnm0hU"


def test_a_group_may_have_no_logical_volumes() -> None:
    assert metadata("60-loads-no-logical-volumes.vg").volume_group.logical_volumes == ()


def test_removed_thin_snapshots_are_remembered_by_name() -> None:
    from recovery.lvm import parse_metadata
    from tests.recovery.lvm.samples import text

    ghosts = (
        '\thistorical_logical_volumes {\n\t\thlv1 { id = "aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa"\n'
        '\t\t\tname = "old" }\n\t}\n\n\tphysical_volumes {'
    )
    whole = text("70-two-pvs.vg").replace("\tphysical_volumes {", ghosts, 1)

    assert parse_metadata(whole).volume_group.historical_logical_volumes == ("old",)
