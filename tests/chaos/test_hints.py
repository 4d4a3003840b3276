"""Hints that come doubled, late, in another order or not at all cost time and nothing else (R2)."""

from __future__ import annotations

import os

import pytest

from tests.chaos import scenes
from tests.production.servers import why_not


def test_hints_that_are_dropped_doubled_and_shuffled_do_a_change_once(story, tally) -> None:
    tally("R2", scenes.hinted_badly(story, 1))


def test_the_hint_of_a_worker_that_died_comes_to_nobody_again(story, tally) -> None:
    if reason := why_not():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    tally("R2", scenes.hint_taken(story))


@pytest.mark.chaos
def test_a_round_of_bad_hints_does_a_change_once(story, tally, number) -> None:
    tally("R2", scenes.hinted_badly(story, number))
