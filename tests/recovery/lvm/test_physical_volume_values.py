from tests.recovery.lvm.samples import metadata


def test_a_physical_volume_has_its_values() -> None:
    second = metadata("70-two-pvs.vg").volume_group.physical_volumes[1]

    assert (second.name, second.id) == ("pv1", "fXPWyf-HiWx-q6Qh-rswx-fdfT-gAKC-5NT9H1")
    assert second.device_hint == "/dev/loop1"
    assert second.status == ("ALLOCATABLE",)
    assert (second.dev_size, second.pe_start, second.pe_count) == (131072, 4096, 15)
    assert (second.ba_start, second.ba_size) == (2048, 2048)
    assert second.size_bytes == 64 * 1024 * 1024


def test_a_physical_volume_without_bootloader_area_has_zeros_there() -> None:
    first = metadata("70-two-pvs.vg").volume_group.physical_volumes[0]

    assert (first.ba_start, first.ba_size) == (0, 0)


def test_a_physical_volume_knows_whether_it_was_missing() -> None:
    from dataclasses import replace

    first = metadata("70-two-pvs.vg").volume_group.physical_volumes[0]

    assert not first.is_missing
    assert replace(first, flags=("MISSING",)).is_missing


def test_a_file_without_device_size_says_so() -> None:
    from recovery.lvm import parse_metadata
    from tests.recovery.lvm.samples import text

    whole = text("70-two-pvs.vg").replace("dev_size", "was_size")

    assert parse_metadata(whole).volume_group.physical_volumes[0].size_bytes is None
