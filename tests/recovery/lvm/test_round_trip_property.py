from hypothesis import given
from hypothesis import strategies as st

from recovery.lvm import parse_metadata, rename_volume_group, render
from tests.recovery.lvm.samples import text
from tests.recovery.lvm.trees import texts

FILE = text("70-two-pvs.vg")


def _with_extras(extras: str) -> str:
    """A good file with generated keys, comments and white space in a section of their own."""
    return FILE.replace("\tseqno = 3", f"\tseqno = 3\n\textras {{\n{extras}\n}}\n", 1)


@given(texts)
def test_whatever_else_stands_in_a_file_it_comes_back_unchanged(extras: str) -> None:
    whole = _with_extras(extras)

    assert render(parse_metadata(whole)) == whole


@given(texts, st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,59}", fullmatch=True))
def test_whatever_else_stands_in_a_file_a_rename_changes_the_name_only(extras: str, new: str) -> None:
    whole = _with_extras(extras)
    if new in ("contents", "version", "description", "creation_host", "creation_time"):
        return

    renamed = rename_volume_group(whole, new)

    assert renamed == whole.replace("\nRootVG {", f"\n{new} {{", 1)
