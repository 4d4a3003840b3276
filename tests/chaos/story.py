"""One dashboard's state, its one host and the host's world, and the worker processes that a test starts there.

Workers are forked from a process that has Django loaded, so that a kill costs a fraction of a second.
"""

from __future__ import annotations

import json
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import psutil

from tests.chaos.checker import LOST, UNTRUE, Wrong, untruths, violations
from tests.chaos.order import MOVING, Order, obey
from tests.config.conftest import until

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.chaos.worker"])
PATIENCE = 300.0
ONE = Lock()
"""A process tells its code once. To start one asks all others whether they have ended, whoever waits for them: of two
threads that ask at the same time, one would read nothing, which counts as 255."""
S, T = TypeVar("S"), TypeVar("T")


class Worker:
    """A process of a story's, and what it printed."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.process: BaseProcess = FORKS.Process(target=obey, args=(order,))
        with ONE:
            self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    @property
    def code(self) -> int | None:
        """As waitpid tells it; None while it runs."""
        with ONE:
            return self.process.exitcode

    def wait(self) -> int | None:
        """Its code, once it has ended; None if it has not after PATIENCE."""
        multiprocessing.connection.wait([self.process.sentinel], PATIENCE)
        return self.code

    def said(self, kind: str) -> str:
        path = self.order.folder / f"{self.order.said}.{kind}"
        return path.read_text() if path.exists() else ""

    def end(self, *, code: int = 0) -> str:
        """Wait until it ends so; what it printed."""
        ended = self.wait()
        assert ended == code, (self.order, ended, self.said("err")[-2000:])
        return self.said("out")

    def is_over(self) -> bool:
        return self.code is not None

    def send(self, number: int) -> None:
        if not self.is_over():
            os.kill(self.pid, number)

    def stands(self) -> bool:
        """Wait until it has stopped itself, or has ended without; which of the two."""
        assert until(lambda: self.is_over() or _stopped(self.pid), PATIENCE)
        return not self.is_over()


class Story:
    """A state of a dashboard with a host of its own; `settings` are those of every order."""

    def __init__(self, folder: Path, template: Path, **settings: Any) -> None:
        self.folder, self.settings = folder, settings
        self.workers: list[Worker] = []
        self._number = count(1)
        for each in ("state", "world", "host"):
            (folder / each).mkdir(parents=True)
        (folder / "world" / "journal").touch()
        if not settings.get("database"):
            shutil.copy(template, folder / "state" / "regroup.sqlite3")

    @property
    def journal(self) -> list[str]:
        return (self.folder / "world" / "journal").read_text().splitlines()

    def start(self, word: str, *args: object, **more: Any) -> Worker:
        words = tuple(map(str, args))
        order = Order(self.folder, word, words, said=f"{next(self._number)}-{word}", **{**self.settings, **more})
        self.workers.append(Worker(order))
        return self.workers[-1]

    def do(self, word: str, *args: object, **more: Any) -> str:
        """A process that has to end well; what it printed."""
        return self.start(word, *args, **more).end()

    def queue(self, *steps: str) -> int:
        """The number of a new change with these steps, which has been started."""
        return int(self.do("queue", *steps))

    def dies(self, failpoint: str, number: int = 1, **more: Any) -> None:
        """A worker that looks at the change and is killed there."""
        self.start("look", number, failpoint=f"{failpoint}:kill", **more).end(code=-signal.SIGKILL)

    def sleeps(self, failpoint: str, number: int = 1, **more: Any) -> Worker:
        """A worker that stands still there, until its lease has run out and longer."""
        worker = self.start("look", number, failpoint=f"{failpoint}:stop", **more)
        assert worker.stands(), worker.said("err")
        return worker

    def history(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.do("history"))
        return told

    def lines(self, number: int = 1) -> int:
        """How many lines the change's log has."""
        return int(self.do("lines_kept", number))

    def state(self, number: int = 1) -> str:
        return str(json.loads(self.do("state", number)))

    def wrong(self, *wanted: str, **states: str) -> list[Wrong]:
        """What cannot be, once all is over; `wanted` are the effects, `ends` the state of the first change."""
        history = self.history()
        found = violations(history, self.folder / "host", self.journal, wanted)
        ends = history["runs"][0]["state"]
        if ends in MOVING:
            found.append(Wrong(LOST, f"the run did not end, it is {ends}"))
        elif "ends" in states and ends != states["ends"]:
            found.append(Wrong(UNTRUE, f"the change ended {ends} ({history['runs'][0]['why']}), not {states['ends']}"))
        return found

    def untrue(self) -> list[Wrong]:
        """What the database tells of a run that stands, and the host knows better."""
        return untruths(self.history(), self.folder / "host", self.journal)

    def clear(self) -> None:
        """Kill what is left, here and on the host, and forget the files."""
        for worker in self.workers:
            worker.send(signal.SIGKILL)
            worker.wait()
        for attempt in (self.folder / "host").glob("*/*.*"):
            if (attempt / "started").exists() and not (attempt / "rc").exists():
                kill_on_host(attempt)
        shutil.rmtree(self.folder, ignore_errors=True)


def kill_on_host(attempt: Path) -> None:
    """Everything that runs a step: its script, and what the host marked in its environment as of this directory."""
    mine = [each for each in psutil.process_iter() if each.pid != os.getpid() and _runs(each, attempt)]
    for process in mine:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _runs(process: psutil.Process, attempt: Path) -> bool:
    try:
        return f"{attempt}/run" in process.cmdline() or process.environ().get("REGROUP_STEP") == f"{attempt}/"
    except psutil.Error:
        return False


def together(act: Callable[[S], T], of: Iterable[S]) -> list[T]:
    """The same with several at once: most of it is waiting for leases."""
    each = list(of)
    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(act, each))


def _stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except FileNotFoundError:
        return False
