"""A worker that wakes after its lease, another having gone on, writes nothing more and does nothing more (R3)."""

from __future__ import annotations

import random

import pytest

from tests.chaos import scenes
from tests.chaos.story import together

PLACES = ("before-intent", "after-intent", "after-start", "before-ended")


def test_workers_that_sleep_beyond_their_leases_do_nothing_more(stories, tally) -> None:
    together(lambda place: tally("R3", scenes.asleep(stories(), [place])), PLACES)


def test_a_start_that_is_sent_late_is_refused_by_a_host_that_is_another_changes_now(story, tally) -> None:
    tally("R3", scenes.closed_meanwhile(story))


@pytest.mark.chaos
def test_a_round_of_sleepers_leaves_nothing_stale(stories, tally, number) -> None:
    places = random.Random(number).sample(scenes.PLACES, 2)
    tally("R3", scenes.asleep(stories(), places))
    tally("R3", scenes.asleep_before_a_command(stories(), number % 12 + 1))
    if number % 10 == 0:
        tally("R3", scenes.closed_meanwhile(stories()))
