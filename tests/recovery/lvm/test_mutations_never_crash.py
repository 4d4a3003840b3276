from hypothesis import given
from hypothesis import strategies as st

from recovery.lvm import LabelError, MetadataError, decode_upload, parse_label, parse_metadata, rename_volume_group
from tests.recovery.lvm.samples import disk, raw, text

BASES = ["70-two-pvs.vg", "39-gen-2.03.32-pvck-dump-raw.vg", "34-gen-2.02.88-rhel5-mirror-snap.vg"]
PIECES = [
    "{",
    "}",
    "[",
    "]",
    ",",
    "=",
    '"',
    "'",
    "#",
    "\\",
    "/",
    "\0",
    "\n",
    "0x1",
    "1.5",
    "-",
    ".",
    "\udcff",
    "é",
    "id",
    '"CACHE_VOL"',
    "segment1 {",
    "99999999999999999999",
    "1" * 5000,
    "\ud800",
]
edits = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 40), st.sampled_from(["", *PIECES])), max_size=4
)


def _edited(whole: str, changes: list[tuple[float, int, str]]) -> str:
    for place, cut, piece in changes:
        at = int(place * len(whole))
        whole = whole[:at] + piece + whole[at + cut :]
    return whole


@given(st.sampled_from(BASES), edits)
def test_a_mutated_file_is_read_or_refused_and_nothing_else(base: str, changes: list[tuple[float, int, str]]) -> None:
    whole = _edited(text(base), changes)

    try:
        parse_metadata(whole)
        rename_volume_group(whole, "new")
    except MetadataError as error:
        assert error.message.endswith(".")
        assert error.line >= 1 <= error.column


@given(st.text())
def test_any_text_is_read_or_refused_and_nothing_else(whole: str) -> None:
    try:
        parse_metadata(whole)
    except MetadataError:
        return
    raise AssertionError("no random text is metadata")


@given(st.one_of(st.binary(), st.binary().map(lambda junk: raw("70-two-pvs.vg") + junk)))
def test_any_bytes_are_taken_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        assert decode_upload(data).encode("utf-8", "surrogateescape") == data
    except MetadataError as error:
        assert error.message.endswith(".")


@given(st.integers(512, 1023), st.binary(max_size=64))
def test_any_damage_to_a_label_is_told_or_harmless(at: int, junk: bytes) -> None:
    data = bytearray(disk("pv-plain.head")[:2048])
    data[at : at + len(junk)] = junk

    try:
        parse_label(bytes(data))
    except LabelError as error:
        assert str(error).endswith(".")


def test_deep_nesting_is_no_problem() -> None:
    deep = "a {" * 20000 + "}" * 20000

    parse_metadata(text("70-two-pvs.vg") + deep)
    rename_volume_group(text("70-two-pvs.vg") + deep, "new")
