"""A chain is proven from its export and its anchors alone; what was done to it is named, with the first place."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import chain
from audit.models import Anchor, Entry
from audit.selectors import anchors, export
from audit.services import anchor, as_row, record, seal_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(settings, tmp_path: Path) -> Path:
    settings.AUDIT_ANCHOR = str(tmp_path / "anchors")
    return tmp_path / "anchors"


@pytest.fixture
def lines(place: Path, tmp_path: Path) -> list[str]:
    """An export of six entries; the fourth and the last were anchored."""
    for number in range(6):
        record("host.edit", actor_name="ada", label=f"app0{number}", detail={"n": number, "at": [1.5, None, "é"]})
        if number in (3, 5):
            seal_all()
            Anchor.objects.update(at=timezone.now() - timedelta(minutes=2))
            assert anchor()
    with (tmp_path / "export").open("w") as file:
        assert export(file) == 6
    return (tmp_path / "export").read_text().splitlines()


def verdict(lines: list[str], place: Path | None = None) -> chain.Verdict:
    return chain.check(chain.rows_of(lines), chain.anchors_in(str(place)) if place else ())


def changed(line: str, **fields: object) -> str:
    return json.dumps({**json.loads(line), **fields})


def made_anew(lines: list[str]) -> list[str]:
    """What somebody makes who can compute every hash."""
    made, head = [], ""
    for number, row in enumerate(map(json.loads, lines), 1):
        row |= {"position": number, "previous": head, "content": chain.content_of(row)}
        row["hash"] = head = chain.seal_of(number, row["previous"], row["content"])
        made.append(json.dumps(row))
    return made


def test_an_untouched_chain_holds_and_meets_its_anchors(lines, place):
    assert verdict(lines, place) == chain.Verdict(6, json.loads(lines[5])["hash"], 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"actor_name": "mallory"},
        {"detail": {"n": 9}},
        {"at": "2020-01-01T00:00:00.000000+00:00"},
        {"hash": "0" * 64},
        {"content": ""},
        {"content": "0" * 64},
    ],
    ids=str,
)
def test_a_changed_entry_is_named(lines, fields):
    lines[2] = changed(lines[2], **fields)
    assert verdict(lines).wrong.startswith("Entry 3 (“host.edit” by ")


def test_a_changed_entry_with_a_seal_of_its_own_is_named_by_the_next(lines):
    row = json.loads(lines[2]) | {"actor_name": "mallory"}
    row["content"] = chain.content_of(row)
    lines[2] = json.dumps(row | {"hash": chain.seal_of(3, row["previous"], row["content"])})
    assert verdict(lines).wrong == "Entry 4 does not follow entry 3: one of the two was put in, or made anew."


def test_removed_entries_are_named(lines):
    assert verdict(lines[:2] + lines[3:]).wrong == "Entry 3 is missing: after entry 2 comes entry 4."
    assert verdict(lines[2:]).wrong == "Entries 1 to 2 are missing: after entry 0 comes entry 3."


def test_swapped_entries_are_named(lines):
    lines[1], lines[2] = lines[2], lines[1]
    assert verdict(lines).wrong == "Entry 2 is missing: after entry 1 comes entry 3."


def test_an_entry_put_in_is_named(lines):
    forged = changed(lines[2], position=3, actor_name="mallory", id=99)
    assert verdict([*lines[:3], forged, *lines[3:]]).wrong.startswith("Entry 3 comes after entry 3: entries were")


def test_a_tail_cut_off_is_found_by_its_anchor(lines, place):
    assert verdict(lines[:5]).wrong == ""
    assert "ends with entry 5, but entry 6 was anchored at" in verdict(lines[:5], place).wrong


def test_an_empty_export_is_found_by_the_anchors(lines, place):
    assert "ends with entry 0, but entry 6 was anchored" in verdict([], place).wrong


def test_a_chain_made_anew_is_found_by_its_anchors(lines, place):
    lines[0] = changed(lines[0], actor_name="mallory")
    forged = made_anew(lines)
    assert verdict(forged).wrong == ""
    assert "Entry 4 is not the one that was anchored at" in verdict(forged, place).wrong


def test_a_line_that_is_no_entry_is_named(lines, tmp_path):
    path = tmp_path / "cut"
    path.write_text("\n".join([*lines[:3], lines[3][:20]]))
    assert chain.verify_export(str(path)).wrong.startswith("Line 4 of the export is no entry")


def test_entries_sealed_before_contents_had_hashes_still_hold(lines, place, tmp_path):
    old = []
    head = ""
    for number, row in enumerate(map(json.loads, lines[:3]), 1):
        row |= {"previous": head, "content": "", "hash": chain.seal_at_once(row, number, head)}
        head = row["hash"]
        old.append(json.dumps(row))
    assert verdict(old) == chain.Verdict(3, head, 0)
    assert verdict([old[0], changed(old[1], actor_name="mallory"), old[2]]).wrong.startswith("Entry 2 (")


def test_the_command_exports_and_verifies_without_the_database(lines, place, tmp_path, capsys):
    path = tmp_path / "chain.jsonl"
    call_command("regroup", "verify_audit", "--export", str(path))
    assert capsys.readouterr().out == "The audit is whole. 6 entries are chained; 2 anchors agree.\n"
    assert path.read_text().splitlines() == lines
    path.write_text("\n".join(lines[:5]) + "\n")
    with pytest.raises(CommandError, match="everything after entry 5 was taken away"):
        call_command("regroup", "verify_audit", "--from", str(path), "--anchors", str(place))


def test_the_command_writes_over_nothing_and_names_a_missing_file(tmp_path):
    (tmp_path / "there").touch()
    with pytest.raises(CommandError, match="is there already; name a new file"):
        call_command("regroup", "verify_audit", "--export", str(tmp_path / "there"))
    with pytest.raises(CommandError, match="No such file"):
        call_command("regroup", "verify_audit", "--from", str(tmp_path / "none"))


def test_the_command_holds_the_database_against_the_anchors(lines, place):
    call_command("regroup", "verify_audit")
    with place.open("a") as file:
        file.write('regroup audit anchor {"at": "2026-11-26", "hash": "00", "position": 9}\n')
    with pytest.raises(CommandError, match="entry 9 was anchored at 2026-11-26"):
        call_command("regroup", "verify_audit")


def test_one_file_alone_verifies_on_another_machine(lines, place, tmp_path):
    """No Django, no packages, no environment."""
    alone = tmp_path / "elsewhere" / "chain.py"
    alone.parent.mkdir()
    alone.write_text(Path(chain.__file__).read_text())

    def ask() -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-I", "-S", str(alone), str(tmp_path / "export"), str(place)]
        return subprocess.run(words, capture_output=True, text=True)

    assert (ask().returncode, ask().stdout) == (0, "The audit is whole. 6 entries are chained; 2 anchors agree.\n")
    (tmp_path / "export").write_text("\n".join(lines[1:]))
    assert (ask().returncode, "Entry 1 is missing" in ask().stdout) == (1, True)


def test_the_export_has_what_was_sealed(lines):
    assert [json.loads(line) for line in lines] == [as_row(entry) for entry in Entry.objects.order_by("position")]
    assert len(anchors()) == 2
