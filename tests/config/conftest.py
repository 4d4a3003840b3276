"""Processes that a test starts, watches and is sure to end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

PROJECT = Path(__file__).resolve().parents[2]
ENDS_WITH_US = ("setpriv", "--pdeathsig", "TERM")
"""Before a command: an interrupted run, or one that is killed, ends no fixture; what was started so ends by itself."""


def until(condition: Callable[[], object], within: float = 60.0) -> bool:
    """Whether the condition became true in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody has reaped yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_line(process: psutil.Process) -> str:
    """What `ps` shows; empty for a process that ends just now."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Supervised:
    """A running tests/config/supervised.py."""

    def __init__(self, folder: Path, grace: float, *more: str) -> None:
        self.folder = folder
        words = [*ENDS_WITH_US, sys.executable, "-m", "tests.config.supervised", str(folder), str(grace), *more]
        self.process = subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, text=True)

    def pid(self, name: str, after: int = 0) -> int:
        """The process of a program, once it has one that is not `after`."""
        path = self.folder / f"{name}.pid"
        assert until(lambda: path.exists() and int(path.read_text()) != after), f"{name} did not start"
        return int(path.read_text())

    def end(self) -> str:
        """Ask it to end; what it printed."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=60)[0]


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []

    def start(grace: float = 10.0, *more: str) -> Supervised:
        started.append(Supervised(tmp_path, grace, *more))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        if one.process.stdout:
            one.process.stdout.close()


class Up:
    """A whole Regroup, as `make run` starts it, with a state directory of its own."""

    def __init__(self, state: Path, *words: str, **environment: str) -> None:
        self.state, self.port = state, free_port()
        self.ready = state.with_name("ready")
        self.environment = {**os.environ, "REGROUP_STATE": str(state), "REGROUP_SWEEP": "2", **environment}
        self.output = state.with_name("output")
        command = ["regroup", "up", "--port", str(self.port), "--once-ready-file", str(self.ready), *words]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*ENDS_WITH_US, sys.executable, "manage.py", *command],
                cwd=PROJECT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self, within: float = 120.0) -> None:
        assert until(lambda: self.ready.exists() or self.process.poll() is not None, within), self.said()
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def part(self, title: str) -> psutil.Process | None:
        """The first process called so, which leads the others of its name."""
        return next((process for process in self.family() if title in command_line(process)), None)

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=PROJECT, env=self.environment, capture_output=True, text=True, timeout=300)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A dashboard for one module of tests."""
    running = Up(tmp_path_factory.mktemp("up") / "var")
    try:
        running.wait_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.end()
