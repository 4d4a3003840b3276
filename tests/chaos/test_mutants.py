"""The suite itself: with each of these faults in the engine the scene beside it has to complain. `make mutants`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos import scenes
from tests.chaos.scenes import Told
from tests.chaos.story import Story

CAUGHT: dict[str, tuple[Callable[[Story], Told], str]] = {
    "the host takes any fence": (scenes.closed_meanwhile, "effects that it should not: ['a']"),
    "every worker sends the same fence": (scenes.closed_meanwhile, "effects that it should not: ['a']"),
    "the intent is stored after the start": (lambda story: scenes.killed_at(story, ["after-start"]), "ended failed"),
    "the offset is stored after its lines": (scenes.killed_while_reading, "the log of slow.1 has"),
    "the offset is stored before its lines": (scenes.killed_while_reading, "the log of slow.1 has"),
    "a lease never runs out": (lambda story: scenes.killed_at(story, ["after-intent"]), "did not end"),
    "a lease is everybodys": (lambda story: scenes.hinted_badly(story, 1), ""),
    "a worker trusts its lease": (lambda story: scenes.asleep(story, ["before-ended"]), "woke up wrote"),
    "an open intent is begun anew": (lambda story: scenes.killed_at(story, ["after-start"]), "ended failed"),
    "nothing is buried": (scenes.launched_late, "began 2 times"),
    "the effect is not asked for": (scenes.runner_killed, "ended succeeded"),
    "hints are acknowledged late": (scenes.hint_taken, "comes a second time"),
    "the sweep finds nothing": (lambda story: scenes.hinted_badly(story, 1), "did not end"),
}


@pytest.mark.chaos
@pytest.mark.parametrize("mutant", CAUGHT)
def test_a_fault_in_the_engine_is_caught(stories: Callable[..., Story], mutant: str) -> None:
    play, complaint = CAUGHT[mutant]
    told = play(stories(mutant=mutant, patience=15.0))
    print(f"\n{mutant}: {[wrong.sentence for wrong in told.wrong]}")
    assert any(complaint in wrong.sentence for wrong in told.wrong), told.wrong


def test_every_fault_has_what_catches_it() -> None:
    text = Path(__file__).with_name("mutants.py").read_text()
    named = {name.replace("_", " ") for name in re.findall(r"@mutant\ndef (\w+)", text)}
    assert named == set(CAUGHT)
