"""A story's workers as production has them: a pool that does the runs, the janitor, the clock."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from tests.chaos.story import Story, Worker

QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
PARTS = {
    "runs": ("worker", "-Q", "runs", "-n", "runs@%h", "-P", "prefork", "-c", "2", *QUIET),
    "sweeps": ("worker", "-Q", "sweeps", "-n", "sweeps@%h", "-P", "solo", *QUIET),
    "beat": ("beat", "--pidfile=", "--loglevel", "WARNING"),
}
TARGETS = ("child", "main", "both")
AGAIN = 0.5
"""Seconds until a supervisor starts again what has ended."""


class Crew:
    def __init__(self, story: Story, **more: Any) -> None:
        self.story, self.more = story, more
        self.parts: dict[str, Worker] = {}
        self.orphans: list[psutil.Process] = []
        for name in PARTS:
            self.start(name)

    def start(self, name: str) -> None:
        self.parts[name] = self.story.start("celery", *PARTS[name], **self.more)

    def kill(self, target: str) -> None:
        """kill -9 of the pool's processes, of the one that leads them, or of all; the leader is started again.

        What they have asked the host to do is the host's, and goes on: it is a child of theirs only here.
        """
        main = self.parts["runs"]
        pool = psutil.Process(main.pid).children()
        if target != "main":
            kill_all(pool)
        if target != "child":
            self.orphans += pool
            main.send(signal.SIGKILL)
            main.wait()
            time.sleep(AGAIN)
            self.start("runs")

    def end(self) -> None:
        for worker in self.parts.values():
            if not worker.is_over():
                self.orphans += psutil.Process(worker.pid).children(recursive=True)
                worker.send(signal.SIGKILL)
                worker.wait()
        kill_all(self.orphans)


@contextmanager
def crew(story: Story, **more: Any) -> Iterator[Crew]:
    made = Crew(story, **more)
    try:
        yield made
    finally:
        made.end()


def kill_all(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
