import pytest

from recovery.lvm import parse_metadata, rename_volume_group
from tests.recovery.lvm.samples import good, text

PASTED_TWICE = {"60-loads-file-pasted-twice.vg", "60-loads-slash-path-values.vg"}


@pytest.mark.parametrize("name", [name for name in good() if name not in PASTED_TWICE])
def test_a_rename_changes_the_name_token_and_nothing_else(name: str) -> None:
    whole = text(name)
    group = parse_metadata(whole).volume_group

    renamed = rename_volume_group(whole, "vm42_RootVG")

    head, tail = renamed.split("vm42_RootVG")
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert whole[len(head) : len(whole) - len(tail)] == group.name
    assert parse_metadata(renamed).volume_group.name == "vm42_RootVG"


def test_a_rename_leaves_the_name_in_description_tags_and_volumes() -> None:
    renamed = rename_volume_group(text("60-loads-name-in-many-places.vg"), "vm42_RootVG")

    found = parse_metadata(renamed)
    assert found.description == "RootVG { RootVG"
    assert found.volume_group.tags == ("RootVG",)
    assert found.volume_group.logical_volumes[0].name == "RootVG"


@pytest.mark.parametrize(("sample", "quote"), [("60-loads-quoted-name.vg", '"'), ("60-loads-raw-quoted-name.vg", "'")])
def test_a_quoted_name_keeps_its_quotes(sample: str, quote: str) -> None:
    assert f"\n{quote}vm42_RootVG{quote} {{" in rename_volume_group(text(sample), "vm42_RootVG")


def test_a_rename_back_gives_the_first_file() -> None:
    whole = text("70-two-pvs.vg")

    assert rename_volume_group(rename_volume_group(whole, "other"), "RootVG") == whole
