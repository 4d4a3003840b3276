"""People, workers and a host, in any order, on the real tables: nothing unapproved, nothing doubled (S1)."""

from __future__ import annotations

import pytest

from tests.stateful.laws import Laws
from tests.stateful.playing import play, play_the_same
from tests.stateful.rows import Rows
from tests.stateful.timed_rows import TimedRows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage")]
WANTED = 5_000


def test_whatever_people_and_workers_do_is_approved_and_done_once() -> None:
    play_the_same(Rows, 2)
    assert Laws.steps > 50


def test_nothing_starts_outside_its_time_but_by_a_glass_that_a_second_person_broke() -> None:
    play_the_same(TimedRows, 2)
    assert Laws.steps > 50


@pytest.mark.chaos
def test_five_thousand_steps_on_the_real_tables_break_nothing() -> None:
    while Laws.steps < WANTED:
        play(Rows, 25)
    print(f"S1: {Laws.steps} steps against the database; changes ended {dict(Rows.reached)}")


@pytest.mark.chaos
def test_five_thousand_steps_in_and_out_of_time_break_nothing() -> None:
    while Laws.steps < WANTED:
        play(TimedRows, 25)
    print(f"S1: {Laws.steps} steps in and out of time; changes ended {dict(Rows.reached)}; acts {dict(Rows.acts)}")
