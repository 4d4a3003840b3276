"""Whoever rings neither fails nor waits long, whatever the broker does."""

import socket
import time

import pytest

from execution import doorbell, tasks


@pytest.fixture(autouse=True)
def no_rest(monkeypatch):
    monkeypatch.setattr(doorbell, "_silent", {})


def test_a_broker_that_is_away_is_logged_and_not_raised(settings, caplog):
    settings.BROKER_URL, settings.BROKER_OPTIONS = "redis://:a-password@127.0.0.1:1/0", {}
    assert not doorbell.give(tasks.look, (1,))
    assert "a worker will find it by itself" in caplog.text and "password" not in caplog.text


def test_a_broker_that_takes_the_call_and_says_nothing_is_not_waited_for_twice(settings):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.BROKER_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        settings.BROKER_OPTIONS = {}
        begun = time.monotonic()
        assert not doorbell.give(tasks.look, (1,))
        assert time.monotonic() - begun < 30
        took: list[float] = []
        for number in range(3):
            begun = time.monotonic()
            doorbell.give(tasks.look, (number,))
            took.append(time.monotonic() - begun)
        assert min(took) < 1


def test_a_hint_arrives(own_queue):
    assert doorbell.give(tasks.look, (1,), expires=20)
    from execution.hints import depths

    assert depths()["runs"] == 1
