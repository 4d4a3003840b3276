"""Hints that come doubled, late, in another order or not at all cost time and nothing else (R2)."""

from __future__ import annotations

import pytest

from tests.chaos import scenes


def test_hints_that_are_dropped_doubled_and_shuffled_do_a_change_once(story, tally) -> None:
    tally("R2", scenes.hinted_badly(story, 1))


@pytest.mark.chaos
def test_a_round_of_bad_hints_does_a_change_once(story, tally, number) -> None:
    tally("R2", scenes.hinted_badly(story, number))
