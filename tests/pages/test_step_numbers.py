"""Which step a run is at, and what is true where it stopped."""

import pytest

from changes.states import StepState
from execution.models import DO, UNDO
from execution.services import run_of
from pages.step_rows import TAIL, done_count, row_at, step_rows, touched, what_stands
from tests.pages.scene import log, set_step, the_plan


def rows_of(change):
    return step_rows(the_plan(change), run_of(change))


def test_the_running_step_is_where_the_run_is(scene):
    rows = rows_of(scene.running("save"))
    assert row_at(rows, DO).step.key == "save"
    assert done_count(rows, DO) == (7, 16)


def test_between_two_steps_it_is_the_next_one(scene):
    change = scene.running("save")
    set_step(run_of(change), "save", StepState.OK)
    assert row_at(rows_of(change), DO).step.key == "restore"


def test_the_undo_goes_from_the_last_step_to_the_first(scene):
    rows = rows_of(scene.undoing("restore"))
    assert row_at(rows, UNDO).step.key == "restore"
    assert what_stands(rows, None, UNDO) == "Taken back: steps 12–14. Not taken back: steps 2–3, 5, 9."


def test_a_run_that_is_through_is_at_no_step(scene):
    assert row_at(rows_of(scene.succeeded()), DO) is None


@pytest.mark.parametrize("state", [StepState.FAILED, StepState.ERRORED, StepState.UNKNOWN])
def test_a_broken_step_counts_as_touched_if_anything_was_sent(scene, state):
    change = scene.running("restore")
    set_step(run_of(change), "restore", state)
    assert "restore" in touched(rows_of(change))
    assert "activate" not in touched(rows_of(change))


def test_a_step_carries_the_end_of_its_log_and_no_more(scene):
    change = scene.running("save")
    for number in range(TAIL + 5):
        log(run_of(change), "save", f"line {number}")
    (row,) = [row for row in rows_of(change) if row.step.key == "save"]
    assert row.do.cut
    assert [line.text for line in row.do.lines][-1] == f"line {TAIL + 4}"
    assert len(row.do.lines) == TAIL
