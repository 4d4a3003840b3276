"""Labels as ``pvcreate`` of LVM 2.03.16 wrote them; values as its ``pvs`` and ``pvck`` printed them."""

from recovery.lvm import Location, parse_label
from tests.recovery.lvm.samples import disk

MIB = 1024 * 1024


def test_a_plain_label_has_uuid_size_and_areas() -> None:
    label = parse_label(disk("pv-plain.head"))

    assert label is not None
    assert label.sector == 1
    assert label.uuid == "kWNtrF-43R4-oAqH-PS2V-dJL0-hvZI-plbupU"
    assert label.device_size == 64 * MIB
    assert label.data_areas == (Location(MIB, 0),)
    assert label.metadata_areas == (Location(4096, MIB - 4096),)
    assert label.bootloader_areas == ()
    assert label.is_used is True


def test_a_label_may_have_two_metadata_areas_and_a_bootloader_area() -> None:
    label = parse_label(disk("pv-two-areas-bootloader.head"))

    assert label is not None
    assert label.uuid == "fXPWyf-HiWx-q6Qh-rswx-fdfT-gAKC-5NT9H1"
    assert label.data_areas == (Location(2 * MIB, 0),)
    assert label.metadata_areas == (Location(4096, 1044480), Location(66060288, MIB))
    assert label.bootloader_areas == (Location(MIB, MIB),)


def test_the_first_four_sectors_are_enough() -> None:
    data = disk("pv-plain.head")

    assert parse_label(data[:2048]) == parse_label(data)


def test_a_disk_without_label_has_none() -> None:
    assert parse_label(bytes(2048)) is None
    assert parse_label(b"") is None


def test_a_label_beyond_the_fourth_sector_is_none() -> None:
    assert parse_label(bytes(2048) + disk("pv-plain.head")) is None
