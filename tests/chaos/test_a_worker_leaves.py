"""A worker that is asked to end hands its run over: the step goes on, another worker goes on with it in seconds."""

from __future__ import annotations

import signal
import time

import pytest

from tests.chaos.story import Story, Worker
from tests.config.conftest import until

RUNS = ("worker", "-Q", "runs", "-P", "prefork", "-c", "1", "--without-gossip", "--without-mingle")
LONG = 60.0
"""A lease that nobody has the patience to wait for."""


@pytest.fixture
def story(stories) -> Story:
    return stories(lease=LONG)


def celery(story: Story, name: str) -> Worker:
    worker = story.start("celery", *RUNS, "-n", f"{name}@here", "--loglevel", "INFO")
    assert until(lambda: "ready." in worker.said("err") + worker.said("out"), 120), worker.said("err")
    return worker


def test_a_step_that_is_followed_goes_on_and_the_next_worker_follows_it(story: Story) -> None:
    first = celery(story, "first")
    story.queue("slow1", "slow2", "b")
    assert until(lambda: any(story.folder.glob("host/*/slow1.1/log")), 60), first.said("err")
    second = celery(story, "second")
    asked = time.monotonic()
    first.send(signal.SIGTERM)
    first.end()
    assert time.monotonic() - asked < 30, "it has to end well before somebody kills it"
    assert until(lambda: "b" in story.journal, 40), second.said("err")
    assert time.monotonic() - asked < LONG, "the lease was waited for"
    assert until(lambda: story.state() == "succeeded", 30)
    assert story.wrong("slow1", "slow2", "b", ends="succeeded") == []
    assert "is handed over" in first.said("err") + first.said("out")
