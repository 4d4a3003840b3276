import pytest

from recovery.lvm import MetadataError, parse_metadata
from tests.recovery.lvm.samples import text

MISTAKES = [
    ("60-refused-cut-in-half.vg", 'The file ends inside section "pv1" opened at line 35: it was cut off'),
    ("60-refused-cut-in-a-string.vg", 'The file ends inside section "pv0"'),
    ("60-refused-nul-in-the-middle.vg", "A NUL byte stands here"),
    ("60-refused-no-contents.vg", "The file has no line contents ="),
    ("60-refused-other-contents.vg", "The file has another line contents ="),
    ("60-refused-no-version.vg", "The file has no line version = 1"),
    ("60-refused-version-2.vg", "The file has another version than 1"),
    ("60-refused-no-volume-group.vg", "The file holds no volume group"),
    ("60-refused-no-seqno.vg", 'Section "RootVG" needs "seqno", a whole number'),
    ("60-refused-seqno-float.vg", 'Section "RootVG" needs "seqno", a whole number'),
    ("60-refused-no-status.vg", 'Section "RootVG" has no list "status"'),
    ("60-refused-unknown-status.vg", 'has the word "BOGUS" in "status", which LVM does not know'),
    ("60-refused-short-uuid.vg", 'Logical volume "root" has the id'),
    ("60-refused-half-a-bootloader-area.vg", "half a bootloader area"),
    ("60-refused-segment-count-wrong.vg", 'Section "root" says segment_count = 2 but has 1 segments'),
    ("60-refused-gap-between-extents.vg", "has a gap or an overlap"),
    ("60-refused-no-segments.vg", "has no extents"),
    ("60-refused-empty-segment.vg", "is empty"),
    ("60-refused-value-among-volumes.vg", 'Value "count" stands in "logical_volumes"'),
    ("60-refused-extents-out-of-range.vg", "uses extents 9000 to 9004 of pv0, which has 15"),
    ("60-refused-unknown-volume-in-stripes.vg", "refers to 'pv9', which is no volume of this group"),
    ("60-refused-volume-on-itself.vg", "refers to its own logical volume"),
    ("60-refused-uneven-stripes.vg", "spreads 5 extents over 2 stripes unevenly"),
    ("60-refused-number-too-long.vg", 'The number of "seqno" does not fit 64 bits'),
    ("60-refused-empty-name.vg", "LVM takes no empty name"),
    ("60-refused-foreign-format.vg", 'is of format "lvm1"'),
    ("61-unrestorable-two-volumes-one-uuid.vg", 'of logical volume "var" is also that of "root"'),
    ("61-unrestorable-two-disks-one-uuid.vg", 'of physical volume "pv1" is also that of "pv0"'),
    ("61-unrestorable-overlapping-extents.vg", 'Logical volumes "root" and "var" both claim extent 2 of pv0'),
    ("61-unrestorable-bad-volume-name.vg", "may not contain a space"),
]


@pytest.mark.parametrize(("name", "said"), MISTAKES)
def test_the_sentence_names_the_mistake(name: str, said: str) -> None:
    with pytest.raises(MetadataError) as caught:
        parse_metadata(text(name))

    assert said in caught.value.message


def test_a_wrong_value_is_pointed_at_and_not_its_section() -> None:
    with pytest.raises(MetadataError) as caught:
        parse_metadata(text("60-refused-seqno-string.vg"))

    assert (caught.value.line, caught.value.column) == (13, 2)


def test_a_file_that_ends_in_an_opening_quote_was_cut_off() -> None:
    with pytest.raises(MetadataError, match="The file ends at an opening quote"):
        parse_metadata('a = "')


def test_a_file_that_ends_after_an_equals_sign_was_cut_off() -> None:
    with pytest.raises(MetadataError, match="The file ends in the middle of a value"):
        parse_metadata("a =")
