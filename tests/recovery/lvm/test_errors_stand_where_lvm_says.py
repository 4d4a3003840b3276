"""Byte and line as ``vgcfgrestore --list -f`` of LVM 2.03.16 printed them for these files."""

import pytest

from recovery.lvm import MetadataError, parse_metadata
from tests.recovery.lvm.samples import text

SAID_BY_LVM = [
    ("50-probe-hex.vg", 69, 4),
    ("50-probe-nocomma.vg", 686, 44),
    ("60-refused-bom-glued-to-name.vg", 379, 11),
    ("60-refused-bom.vg", 83, 3),
    ("60-refused-comma-first.vg", 488, 15),
    ("60-refused-cut-in-a-string.vg", 746, 28),
    ("60-refused-cut-in-half.vg", 1001, 41),
    ("60-refused-hex-number.vg", 445, 14),
    ("60-refused-list-in-list.vg", 1530, 67),
    ("60-refused-missing-comma-before-number.vg", 1536, 67),
    ("60-refused-missing-equals.vg", 438, 13),
    ("60-refused-missing-value.vg", 448, 14),
    ("60-refused-nul-in-the-middle.vg", 128, 4),
    ("60-refused-one-brace-missing.vg", 1944, 94),
    ("60-refused-one-brace-too-many.vg", 1946, 95),
    ("60-refused-space-in-name.vg", 380, 11),
    ("60-refused-two-commas.vg", 501, 15),
]


@pytest.mark.parametrize(("name", "byte", "line"), SAID_BY_LVM)
def test_a_parse_error_stands_at_the_byte_and_line_lvm_names(name: str, byte: int, line: int) -> None:
    with pytest.raises(MetadataError) as caught:
        parse_metadata(text(name))

    assert (caught.value.byte, caught.value.line) == (byte, line)


def test_a_column_counts_characters_and_a_byte_counts_bytes() -> None:
    with pytest.raises(MetadataError) as caught:
        parse_metadata('a = "é\udce9" ]')

    assert (caught.value.line, caught.value.column, caught.value.byte) == (1, 10, 11)


def test_a_text_that_no_file_can_hold_still_gets_a_place() -> None:
    with pytest.raises(MetadataError) as caught:
        parse_metadata('a = "\ud800" ]')

    assert caught.value.column == 9
