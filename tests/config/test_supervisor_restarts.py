"""What ends by itself is started again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from config.supervisor import restart_delay
from tests.config.conftest import Supervised, alive, until

Start = Callable[..., Supervised]


def test_a_killed_program_is_started_again(supervised: Start) -> None:
    running = supervised()
    before = running.pid("first")
    os.kill(before, signal.SIGKILL)
    assert alive(running.pid("first", after=before))


def test_executed_words_are_started_again_too(supervised: Start) -> None:
    running = supervised()
    before = running.pid("words")
    os.kill(before, signal.SIGKILL)
    assert alive(running.pid("words", after=before))


def test_what_a_killed_leader_left_is_ended_before_the_next_start(supervised: Start) -> None:
    running = supervised()
    leader, pool = running.pid("leader"), running.pid("pool")
    os.kill(leader, signal.SIGKILL)
    running.pid("leader", after=leader)
    assert until(lambda: not alive(pool))


def test_the_others_go_on_while_one_is_started_again(supervised: Start) -> None:
    running = supervised()
    leader, first = running.pid("leader"), running.pid("first")
    os.kill(first, signal.SIGKILL)
    running.pid("first", after=first)
    assert running.pid("leader") == leader
    assert alive(leader)


def test_an_end_is_said_with_its_signal(supervised: Start) -> None:
    running = supervised()
    before = running.pid("first")
    os.kill(before, signal.SIGKILL)
    running.pid("first", after=before)
    assert "first was killed by SIGKILL; starting it again in 0.5 s" in running.end()


def test_a_program_that_keeps_failing_waits_longer_each_time_and_half_a_minute_at_most() -> None:
    assert [restart_delay(failures) for failures in (1, 2, 3, 4, 20)] == [0.5, 1, 2, 4, 30]
