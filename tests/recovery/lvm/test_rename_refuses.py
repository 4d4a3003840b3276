import pytest

from recovery.lvm import InvalidName, MetadataError, rename_volume_group
from tests.recovery.lvm.samples import text


def test_a_name_lvm_would_refuse_is_refused() -> None:
    with pytest.raises(InvalidName, match="may not contain a space"):
        rename_volume_group(text("70-two-pvs.vg"), "bad name")


def test_a_file_lvm_would_refuse_is_refused() -> None:
    with pytest.raises(MetadataError, match="cut off"):
        rename_volume_group(text("60-refused-cut-in-half.vg"), "new")


@pytest.mark.parametrize("name", ["60-loads-file-pasted-twice.vg", "60-loads-slash-path-values.vg"])
def test_a_file_in_which_the_name_stands_twice_is_refused(name: str) -> None:
    with pytest.raises(MetadataError, match='"RootVG" stands in the file 2 times') as caught:
        rename_volume_group(text(name), "new")

    assert caught.value.line > 90


@pytest.mark.parametrize("new", ["contents", "version", "extra"])
def test_a_new_name_that_stands_at_the_top_level_already_is_refused(new: str) -> None:
    whole = text("70-two-pvs.vg") + "\nextra { a = 1 }\n"

    with pytest.raises(MetadataError):
        rename_volume_group(whole, new)
