"""While Redis is away workers find in the database what is to be done; once it is back they hear of it again (R7)."""

from __future__ import annotations

import os
import time

import pytest

from tests.chaos.scenes import Told
from tests.chaos.story import Story
from tests.chaos.test_a_worker_leaves import celery
from tests.config.conftest import free_port, until
from tests.production.servers import redis, why_not


@pytest.fixture
def story(stories, tmp_path) -> Story:
    if reason := why_not():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return stories(queue=f"redis://127.0.0.1:{free_port()}/0")


def test_runs_go_on_by_the_database_and_by_the_queue_when_it_is_back(story: Story, tmp_path, tally) -> None:
    port = int(story.settings["queue"].rpartition(":")[2].partition("/")[0])
    with redis(tmp_path / "first", port):
        worker = celery(story, "first")
        story.queue("slow1")
        assert until(lambda: any(story.folder.glob("host/*/slow1.1/log")), 60), worker.said("err")
    asked = time.monotonic()
    number = story.queue("a", "b")
    assert time.monotonic() - asked < 30, "whoever presses Run does not wait for the queue"
    assert until(lambda: story.state(number) == "succeeded", 90), worker.said("err")
    with redis(tmp_path / "again", port):
        back = time.monotonic()
        number = story.queue("c")
        assert until(lambda: story.state(number) == "succeeded", 60), worker.said("err")
        print(f"{time.monotonic() - back:.1f} s after it was back")
        assert until(lambda: "execution.tasks.look" in worker.said("err").rpartition("Connected to redis")[2], 60)
        tally("R7", Told(1, story.wrong("slow1", "a", "b", "c", ends="succeeded")))
