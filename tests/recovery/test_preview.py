"""What the form is told while a recovery is being asked for."""

from __future__ import annotations

import gzip

import pytest

from recovery.preview import check, disks, groups, preview, volumes_of
from recovery.request import Request, Volume
from tests.recovery.story import PV, ROOT, SAMPLES, VG, facts, params

TEXT = params()["metadata"]


def test_a_file_tells_its_group_and_suggests_a_name() -> None:
    seen = preview(TEXT.encode(), "vm42.example.org")
    assert (seen.old_name, seen.new_name, seen.vg_uuid, seen.pv_uuids) == ("RootVG", "vm42_RootVG", VG, (PV,))
    assert seen.text == TEXT
    assert seen.creation_host == "vm42"
    assert not seen.problems


def test_volumes_come_with_sizes_and_mount_points() -> None:
    rows = {row.lv: row for row in preview(TEXT, "vm42").volumes}
    assert rows["var"].size == 320 * 2**20
    assert rows["var"].mount_point == "/recovered/vm42/var"


def test_swap_space_is_not_offered() -> None:
    rows = preview(TEXT, "vm42").volumes
    assert [row.lv for row in rows if not row.offered] == ["swap"]
    assert volumes_of(rows) == (Volume("root", "/recovered/vm42/root"), Volume("var", "/recovered/vm42/var"))


def test_volumes_of_other_types_are_not_offered() -> None:
    text = (SAMPLES.parent / "lvm" / "samples" / "31-gen-2.03.16-alltypes.vg").read_bytes()
    notes = [row.note for row in preview(text, "vm42").volumes if not row.offered]
    assert any("its pool can be activated for writing only" in note for note in notes)


@pytest.mark.parametrize(
    ("upload", "words"),
    [(gzip.compress(TEXT.encode()), "gunzip"), (b"\xef\xbb\xbf" + TEXT.encode(), "byte-order mark"), (b"", "empty")],
)
def test_a_file_that_cannot_be_read_says_why_at_its_field(upload: bytes, words: str) -> None:
    (sentence,) = preview(upload, "vm42").problems["metadata"]
    assert words in sentence


def test_half_a_file_is_one_sentence() -> None:
    assert len(preview(TEXT[: len(TEXT) // 2], "vm42").problems["metadata"]) == 1


def test_a_good_request_has_no_problems() -> None:
    assert check(params(), facts().to_json()) == {}


def test_problems_come_by_field_before_the_host_has_answered() -> None:
    found = check(params(new_vg="a b", volumes=[]), None)
    assert set(found) == {"new_vg", "volumes"}


def test_the_hosts_facts_add_what_only_the_host_can_tell() -> None:
    wrong = (SAMPLES / "wrong-file.vg").read_text()
    assert "running root volume group" in check(params(metadata=wrong), facts().to_json())["metadata"][0]


def test_a_file_that_is_no_metadata_is_a_problem_of_its_field() -> None:
    assert set(check(params(metadata="x"), None)) == {"metadata"}


def test_a_request_of_the_wrong_shape_belongs_to_the_whole_form() -> None:
    assert set(check({"vm": "x"}, None)) == {""}


def test_the_hosts_groups_and_disks_are_marked() -> None:
    known = facts().to_json()
    assert [(row.name, row.identity, row.mark) for row in groups(known)] == [
        ("RootVG", ROOT, "the running system's root")
    ]
    assert [(row.name, row.identity, row.mark) for row in disks(known)] == [
        ("sda", "app01-root", "the running system's root disk")
    ]


def test_a_request_survives_its_json() -> None:
    request = Request.from_json(params())
    assert Request.from_json(request.to_json()) == request
