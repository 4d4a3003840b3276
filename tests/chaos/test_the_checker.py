"""The checker itself: what it must find in a history that went wrong."""

from pathlib import Path

import pytest

from tests.chaos.checker import violations

LINE = {"seq": 1, "step__key": "a", "step__phase": "do", "attempt": 1, "stream": "out", "text": "doing a"}


@pytest.fixture
def host(tmp_path: Path) -> Path:
    attempt = tmp_path / "r1" / "a.1"
    attempt.mkdir(parents=True)
    (attempt / "started").write_text("launcher=setsid pid=1\n")
    (attempt / "log").write_text("doing a\n")
    (tmp_path / "scope.fence").write_text("2\n")
    return tmp_path


def history(**changed):
    plain = {"name": "r1", "fence": 2, "last_seq": 1, "lines": [LINE], "steps": [{"key": "a"}]}
    return plain | changed


def test_a_clean_history_has_nothing_wrong(host):
    assert violations(history(), host, ["a"], ["a"]) == []


@pytest.mark.parametrize("journal", [["a", "a"], [], ["b", "a"]])
def test_effects_that_are_doubled_lost_or_in_another_order(host, journal):
    assert "effects are" in violations(history(), host, journal, ["a", "b"][: max(1, len(journal))])[0]


def test_an_attempt_that_began_beside_another(host):
    (host / "r1" / "a.2").mkdir()
    (host / "r1" / "a.2" / "started").write_text("launcher=setsid pid=2\n")
    assert "a began 2 times" in violations(history(), host, ["a"], ["a"])[0]


def test_a_buried_attempt_has_not_begun(host):
    (host / "r1" / "a.2").mkdir()
    (host / "r1" / "a.2" / "started").write_text("launcher=tombstone\n")
    assert violations(history(), host, ["a"], ["a"]) == []


def test_a_line_that_is_missing_or_doubled(host):
    assert any("the host wrote" in said for said in violations(history(lines=[], last_seq=0), host, ["a"], ["a"]))
    twice = history(lines=[LINE, LINE | {"seq": 2}], last_seq=2)
    assert any("the host wrote" in said for said in violations(twice, host, ["a"], ["a"]))


def test_numbers_with_a_gap(host):
    assert "gaps" in violations(history(lines=[LINE | {"seq": 2}], last_seq=2), host, ["a"], ["a"])[0]


def test_a_fence_that_nobody_gave(host):
    assert "fence 2" in violations(history(fence=1), host, ["a"], ["a"])[0]
