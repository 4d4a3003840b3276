"""Metadata areas as LVM 2.03.16 wrote them; the texts as its ``pvck --dump metadata -f`` gave them."""

import struct

import pytest

from recovery.lvm import LabelError, metadata_text, parse_mda_header, parse_metadata
from recovery.lvm.label import crc
from tests.recovery.lvm.samples import disk, text


def _area() -> bytes:
    return disk("pv-plain.head")[4096:]


def _sealed(header: bytearray) -> bytes:
    struct.pack_into("<I", header, 0, crc(bytes(header[4:512])))
    return bytes(header)


def test_a_header_says_where_the_current_text_is() -> None:
    header = parse_mda_header(_area())

    assert (header.start, header.size) == (4096, 1044480)
    assert [(at.offset, at.size, at.checksum) for at in header.locations] == [(3072, 1514, 0xE00A3479)]
    assert not header.locations[0].is_ignored


def test_the_text_on_the_disk_is_what_pvck_dumps() -> None:
    assert metadata_text(_area(), parse_mda_header(_area())) == text("71-two-pvs-on-disk.vg")


def test_the_text_in_a_second_area_at_the_end_is_the_same() -> None:
    area = disk("pv-two-areas-bootloader.tail")

    header = parse_mda_header(area)

    assert header.start == 66060288
    assert metadata_text(area, header) == text("71-two-pvs-on-disk.vg")


def test_a_text_that_wraps_round_the_end_of_its_area_is_put_together() -> None:
    area = disk("pv-wrapped-text.head")[4096:]
    header = parse_mda_header(area)
    assert header.locations[0].offset + header.locations[0].size > header.size

    found = metadata_text(area, header)

    assert found == disk("pv-wrapped-text.vg").decode()
    assert parse_metadata(found).volume_group.seqno == 35


def test_an_area_without_text_gives_none() -> None:
    header = bytearray(_area()[:512])
    header[40:] = bytes(472)

    assert metadata_text(b"", parse_mda_header(_sealed(header))) == ""


@pytest.mark.parametrize(
    ("at", "by", "said"),
    [
        (4, b"x", "its signature is missing"),
        (100, b"x", "its checksum is wrong"),
    ],
)
def test_a_damaged_header_is_refused(at: int, by: bytes, said: str) -> None:
    area = bytearray(_area()[:512])
    area[at : at + len(by)] = by

    with pytest.raises(LabelError, match=said):
        parse_mda_header(bytes(area))


def test_a_header_of_another_version_is_refused() -> None:
    header = bytearray(_area()[:512])
    struct.pack_into("<I", header, 20, 2)

    with pytest.raises(LabelError, match="version 2"):
        parse_mda_header(_sealed(header))


def test_a_header_read_too_short_is_refused() -> None:
    with pytest.raises(LabelError, match="only 100 were read"):
        parse_mda_header(_area()[:100])


def test_a_header_that_points_outside_its_area_is_refused() -> None:
    header = bytearray(_area()[:512])
    struct.pack_into("<Q", header, 40, 1 << 40)

    with pytest.raises(LabelError, match="points outside the area"):
        metadata_text(_area(), parse_mda_header(_sealed(header)))


def test_a_text_with_one_bit_turned_is_damaged() -> None:
    area = bytearray(_area())
    area[3100] ^= 1

    with pytest.raises(LabelError, match="text on the disk is damaged"):
        metadata_text(bytes(area), parse_mda_header(bytes(area)))


def test_an_area_read_too_short_is_refused() -> None:
    with pytest.raises(LabelError, match="has 1514 bytes; only 928 of them were read"):
        metadata_text(_area()[:4000], parse_mda_header(_area()))
