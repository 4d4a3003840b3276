"""Wherever a worker is killed or breaks, the next one ends the run: nothing doubled, lost or untrue (R1)."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest

from tests.chaos import scenes
from tests.chaos.story import Story, together

PLACES = ("after-claim", *scenes.PLACES, "before-finished")
SCENES: list[Callable[[Story], scenes.Told]] = [
    *(partial(scenes.killed_at, places=PLACES[at::4]) for at in range(4)),
    scenes.killed_while_reading,
    scenes.killed_in_the_undo,
    scenes.runner_killed,
    scenes.launched_late,
]
"""Played side by side: most of each is waiting for a lease to run out."""


def test_kills_at_each_place_leave_nothing_doubled_lost_or_untrue(stories, tally) -> None:
    told = together(lambda play: tally("R1", play(stories())), SCENES)
    assert sum(each.tried for each in told) >= len(PLACES)


def test_a_fault_of_ours_in_the_middle_is_told_and_not_done_again(story, tally) -> None:
    story.queue("a", "b")
    story.do("look", 1, failpoint="before-exited@a:raise")
    tally("R1", scenes.Told(1, story.wrong("a", ends="unknown")))


@pytest.mark.chaos
def test_a_round_of_kills_leaves_nothing_doubled_lost_or_untrue(stories, tally, number) -> None:
    places = random.Random(number).sample(scenes.PLACES, 6)
    tally("R1", scenes.killed_at(stories(), [*places, "before-finished"]))
    tally("R1", scenes.killed_by_chance(stories(), 6, number))


@pytest.mark.chaos
def test_a_round_of_kills_in_a_pool_leaves_nothing_doubled_lost_or_untrue(stories, tally, number) -> None:
    tally("R1", scenes.crew_killed(stories(lease=3.0), 3, number))


@pytest.mark.chaos
def test_a_round_of_how_soon_a_log_moves_again(stories, tally, number) -> None:
    tally("R6", scenes.moving_again(stories(lease=25.0, sweep=10), number))
