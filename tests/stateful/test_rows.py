"""People, workers and a host, in any order, on the real tables: nothing unapproved, nothing doubled (S1)."""

from __future__ import annotations

import pytest

from tests.stateful.laws import Laws
from tests.stateful.playing import play, play_the_same
from tests.stateful.rows import Rows
from tests.stateful.timed_rows import TimedRows, beginning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage")]
WANTED = 5_000
WORTH_IT = (
    "started in a window",
    "started in its slot",
    "started by a glass",
    "started with an owner's word",
    "review owed",
    "review written",
    "review refused: had a part in it",
    "not started in the name of somebody switched off",
    "start refused: its slot was missed",
    "slot noted as missed",
    "machine given away",
    "owner's word refused: gave it to themselves",
    "resume under a glass needed since",
)


def test_whatever_people_and_workers_do_is_approved_and_done_once() -> None:
    play_the_same(Rows, 3, 20)
    assert Laws.steps > 50


@pytest.mark.parametrize(
    ("begun", "came"),
    {
        "in_its_slot": ["started in a window", "started in its slot"],
        "in_a_freeze": ["started by a glass", "review owed", "review written"],
        "back_in_a_freeze": ["resume under a glass needed since", "review owed", "review written"],
        "with_its_owner": ["machine given away", "started with an owner's word"],
    }.items(),
)
def test_nothing_starts_outside_its_time_but_by_a_glass_that_a_second_person_broke(begun, came) -> None:
    play_the_same(beginning(begun), 2, 9)
    assert Laws.steps > 10 and not [what for what in came if not Laws.met[what]]


@pytest.mark.chaos
def test_five_thousand_steps_on_the_real_tables_break_nothing() -> None:
    while Laws.steps < WANTED:
        play(Rows, 25)
    told("against the database")


@pytest.mark.chaos
def test_five_thousand_steps_in_and_out_of_time_break_nothing() -> None:
    while Laws.steps < WANTED:
        play(TimedRows, 25)
    told("in and out of time")
    assert not [what for what in WORTH_IT if not Laws.met[what]], "what is to be played never came up"


def told(how: str) -> None:
    """What the game came to, so that a run says whether it means something."""
    print(f"S1: {Laws.steps} steps {how}; changes ended {dict(Rows.reached.most_common())}")
    for what, times in Laws.met.most_common():
        print(f"  {times:6} {what}")
    print(f"  acts {dict(Rows.acts.most_common())}")
