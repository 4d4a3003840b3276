"""How a machine of rules is played: a fixed short game in every run, as many as wanted in the long form."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

LENGTH = 40
"""Rules in one example, at most."""


def play(machine: type[RuleBasedStateMachine], examples: int, length: int = LENGTH, **more: Any) -> None:
    quiet = {"deadline": None, "database": None, "print_blob": True, "suppress_health_check": list(HealthCheck)}
    rules = settings(max_examples=examples, stateful_step_count=length, **quiet, **more)
    run_state_machine_as_test(machine, settings=rules)


def play_the_same(machine: type[RuleBasedStateMachine], examples: int, length: int = LENGTH) -> None:
    """The same examples each time, the simplest first, so that a run of the tests is red or green by the code alone."""
    play(machine, examples, length, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False)
