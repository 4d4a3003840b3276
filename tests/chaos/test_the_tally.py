"""What `make chaos` prints at its end, and when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.tally import main, note


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "tally")


def rows(said: str) -> dict[str, list[str]]:
    return {line[:2]: line[42:].split() for line in said.splitlines()[1:]}


def test_what_was_tried_is_added_and_what_was_not_is_said(path, capsys):
    note(path, "R1", 3)
    note(path, "R1", 4)
    assert main(path) == 0
    table = rows(capsys.readouterr().out)
    assert (table["R1"], table["R2"]) == (["7", "0", "0", "0"], ["not"])


@pytest.mark.parametrize(("sort", "row"), [("doubled", "1 1 0 0"), ("lost", "1 0 1 0"), ("untrue", "1 0 0 1")])
def test_anything_wrong_is_counted_and_fails(path, capsys, sort, row):
    note(path, "R3", 1, [sort])
    assert main(path) == 1
    assert rows(capsys.readouterr().out)["R3"] == row.split()


def test_seconds_are_told_as_median_and_p95_and_of_bonds_the_worst(path, capsys):
    note(path, "R6", 20, seconds=list(range(1, 21)))
    note(path, "R9", 2, seconds=[188, 120])
    main(path)
    table = rows(capsys.readouterr().out)
    assert "median 10.5 s, p95 19.0 s" in " ".join(table["R6"])
    assert " ".join(table["R9"]).endswith("worst 188 s")


def test_nothing_tried_at_all_is_a_table_too(path, capsys):
    assert main(path) == 0
    assert rows(capsys.readouterr().out)["R9"] == ["not"]
