"""People, workers and a host, in any order, as values: nothing unapproved, nothing doubled (S1)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.stateful.playing import play, play_the_same
from tests.stateful.pure import Pure, Timed

WANTED = 100_000


@pytest.fixture(autouse=True)
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pure, "steps", 0)
    monkeypatch.setattr(Pure, "reached", Counter())


def test_whatever_people_and_workers_do_is_approved_and_done_once() -> None:
    play_the_same(Pure, 60)
    assert Pure.steps > 1_000


def test_nothing_starts_outside_its_time_but_by_a_glass_that_a_second_person_broke() -> None:
    play_the_same(Timed, 40)
    assert Pure.steps > 500


@pytest.mark.chaos
def test_a_hundred_thousand_steps_on_values_break_nothing() -> None:
    while Pure.steps < WANTED:
        play(Pure, 250)
        play(Timed, 250)
    print(f"S1: {Pure.steps} steps on values; changes ended {dict(Pure.reached)}")
