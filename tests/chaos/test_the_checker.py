"""The checker itself: what it must find in a history that went wrong."""

from pathlib import Path
from typing import Any

import pytest

from tests.chaos.checker import violations
from tests.chaos.kind import lines_of

SAID = lines_of("a")
LINES = [
    {"seq": number, "step": "a", "phase": "do", "attempt": 1, "stream": "out", "text": text}
    for number, text in enumerate(SAID, 1)
]


@pytest.fixture
def host(tmp_path: Path) -> Path:
    attempt = tmp_path / "r1" / "a.1"
    attempt.mkdir(parents=True)
    (attempt / "started").write_text("launcher=setsid pid=1\n")
    (attempt / "log").write_text("".join(f"{line}\n" for line in SAID))
    (tmp_path / "scope.fence").write_text("2\n")
    return tmp_path


def history(fence: int = 2, **changed: Any) -> dict[str, Any]:
    steps = [{"key": "a", "phase": "do", "state": "ok", "attempt": 1}]
    return {"fence": fence, "runs": [{"name": "r1", "last_seq": len(LINES), "lines": LINES, "steps": steps} | changed]}


def test_a_clean_history_has_nothing_wrong(host):
    assert violations(history(), host, ["a"], ["a"]) == []


@pytest.mark.parametrize(
    ("journal", "sort"),
    [(["a", "a", "b"], "doubled"), (["a"], "lost"), (["b", "a"], "untrue"), (["a", "b", "c"], "untrue")],
)
def test_effects_that_are_doubled_lost_in_another_order_or_nobodys(host, journal, sort):
    assert [wrong.sort for wrong in violations(history(), host, journal, ["a", "b"])] == [sort]


def test_an_attempt_that_began_beside_another(host):
    (host / "r1" / "a.2").mkdir()
    (host / "r1" / "a.2" / "started").write_text("launcher=setsid pid=2\n")
    assert "a began 2 times" in violations(history(), host, ["a"], ["a"])[0].sentence


def test_a_buried_attempt_has_not_begun(host):
    (host / "r1" / "a.2").mkdir()
    (host / "r1" / "a.2" / "started").write_text("launcher=tombstone\n")
    assert violations(history(), host, ["a"], ["a"]) == []


def test_a_line_that_is_missing(host):
    wrong = violations(history(lines=LINES[:-1], last_seq=2), host, ["a"], ["a"])
    assert [each.sort for each in wrong] == ["lost"]


def test_a_line_that_is_doubled(host):
    twice = history(lines=[*LINES, LINES[-1] | {"seq": 4}], last_seq=4)
    assert [each.sort for each in violations(twice, host, ["a"], ["a"])] == ["doubled"]


def test_lines_in_another_order(host):
    swapped = [LINES[0], LINES[1] | {"text": SAID[2]}, LINES[2] | {"text": SAID[1]}]
    assert [each.sort for each in violations(history(lines=swapped), host, ["a"], ["a"])] == ["untrue"]


def test_numbers_with_a_gap(host):
    gap = history(lines=[*LINES[:-1], LINES[-1] | {"seq": 4}], last_seq=4)
    assert [each.sort for each in violations(gap, host, ["a"], ["a"])] == ["lost"]


def test_a_step_that_is_done_but_did_not_say_all_on_the_host(host):
    (host / "r1" / "a.1" / "log").write_text(f"{SAID[0]}\n")
    wrong = violations(history(lines=LINES[:1], last_seq=1), host, ["a"], ["a"])
    assert [each.sort for each in wrong] == ["untrue"]


def test_a_fence_that_nobody_gave(host):
    assert "fence 2" in violations(history(fence=1), host, ["a"], ["a"])[0].sentence


def test_what_a_start_left_that_was_cut_off_is_no_attempt(host):
    (host / "r1" / "a.1.part.0d.d").mkdir()
    (host / "r1" / "a.1.part.0d.d" / "log").touch()
    assert violations(history(), host, ["a"], ["a"]) == []
