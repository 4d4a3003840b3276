import struct

import pytest

from recovery.lvm import LabelError, parse_label
from recovery.lvm.label import crc
from tests.recovery.lvm.samples import disk


def _sector() -> bytearray:
    return bytearray(disk("pv-plain.head")[512:1024])


def _sealed(sector: bytearray) -> bytes:
    """The sector as a disk's second one, with the checksum made right again."""
    struct.pack_into("<I", sector, 16, crc(bytes(sector[20:])))
    return bytes(512) + bytes(sector)


def test_a_label_with_one_bit_turned_is_damaged() -> None:
    data = bytearray(disk("pv-plain.head"))
    data[600] ^= 1

    with pytest.raises(LabelError, match="sector 1 is damaged: its checksum is wrong"):
        parse_label(bytes(data))


def test_a_label_in_the_wrong_sector_tells_of_a_shifted_disk() -> None:
    with pytest.raises(LabelError, match="sector 0 was written for sector 1"):
        parse_label(disk("pv-plain.head")[512:])


def test_a_damaged_label_before_a_good_one_does_not_hide_it() -> None:
    data = bytearray(disk("pv-plain.head"))
    data[0:8] = b"LABELONE"

    label = parse_label(bytes(data))

    assert label is not None
    assert label.sector == 1


def test_a_label_of_another_type_is_refused() -> None:
    sector = _sector()
    sector[24:32] = b"LVM9 001"

    with pytest.raises(LabelError, match="unknown type"):
        parse_label(_sealed(sector))


def test_a_label_whose_lists_do_not_end_is_damaged() -> None:
    sector = _sector()
    sector[72:] = b"\x01" * (512 - 72)

    with pytest.raises(LabelError, match="its lists do not end"):
        parse_label(_sealed(sector))


def test_a_label_older_than_the_extension_does_not_say_whether_it_is_used() -> None:
    sector = _sector()
    sector[136:] = bytes(512 - 136)

    label = parse_label(_sealed(sector))

    assert label is not None
    assert (label.is_used, label.bootloader_areas) == (None, ())


def test_a_label_whose_lists_fill_the_sector_has_no_extension() -> None:
    sector = _sector()
    sector[72:] = bytes(512 - 72)
    for at in range(88, 488, 16):
        struct.pack_into("<QQ", sector, at, 4096, 4096)

    label = parse_label(_sealed(sector))

    assert label is not None
    assert len(label.metadata_areas) == 25
    assert label.is_used is None
