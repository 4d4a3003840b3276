"""Wherever a worker is killed or breaks, the next one ends the run: nothing doubled, lost or untrue (R1)."""

from __future__ import annotations

import random

import pytest

from tests.chaos import scenes
from tests.chaos.story import together


def test_a_worker_killed_at_each_place_leaves_nothing_doubled_lost_or_untrue(stories, tally) -> None:
    places = ("after-claim", *scenes.PLACES, "before-finished")
    parts = [places[at::4] for at in range(4)]
    told = together(lambda part: tally("R1", scenes.killed_at(stories(), part)), parts)
    assert sum(each.tried for each in told) == len(places)


def test_a_worker_killed_while_it_reads_the_log_loses_no_line(story, tally) -> None:
    tally("R1", scenes.killed_while_reading(story))


def test_an_undo_whose_workers_are_killed_takes_everything_back_once(story, tally) -> None:
    tally("R1", scenes.killed_in_the_undo(story))


def test_a_fault_of_ours_in_the_middle_is_told_and_not_done_again(story, tally) -> None:
    story.queue("a", "b")
    story.do("look", 1, failpoint="before-exited@a:raise")
    tally("R1", scenes.Told(1, story.wrong("a", ends="unknown")))


@pytest.mark.chaos
def test_a_round_of_kills_leaves_nothing_doubled_lost_or_untrue(stories, tally, number) -> None:
    places = random.Random(number).sample(scenes.PLACES, 6)
    tally("R1", scenes.killed_at(stories(), [*places, "before-finished"]))
    tally("R1", scenes.killed_by_chance(stories(), 6, number))
