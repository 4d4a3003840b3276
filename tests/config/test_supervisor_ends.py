"""Nothing outlives the supervisor, however it ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from tests.config.conftest import Supervised, alive, until

Start = Callable[..., Supervised]
NAMES = ("first", "leader", "pool", "words")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_every_program(supervised: Start, how: signal.Signals) -> None:
    running = supervised()
    pids = [running.pid(name) for name in NAMES]
    running.process.send_signal(how)
    assert running.process.wait(timeout=60) == 0
    assert until(lambda: not any(map(alive, pids)))


def test_a_program_that_does_not_listen_is_killed_after_the_grace(supervised: Start) -> None:
    running = supervised(grace=1.0)
    deaf = running.pid("deaf")
    started = time.monotonic()
    assert "deaf did not end within 1 s and was killed" in running.end()
    assert time.monotonic() - started < 60
    assert not alive(deaf)


def test_a_second_signal_does_not_wait_for_anybody(supervised: Start) -> None:
    running = supervised(grace=90.0)
    deaf, first = running.pid("deaf"), running.pid("first")
    running.process.send_signal(signal.SIGINT)
    assert until(lambda: not alive(first))
    assert alive(deaf)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=60) == 1
    assert until(lambda: not alive(deaf))


def test_no_program_outlives_a_supervisor_that_was_killed(supervised: Start) -> None:
    running = supervised()
    pids = [running.pid(name) for name in ("first", "leader", "words")]
    running.process.kill()
    assert until(lambda: not any(map(alive, pids)))
