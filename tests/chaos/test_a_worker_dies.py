"""Wherever a worker is killed, stopped or breaks, the next one ends the run: nothing doubled, lost or untrue."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.checker import violations
from tests.config.conftest import PROJECT, until

QUICK = {"REGROUP_LEASE": "3", "REGROUP_HEARTBEAT": "1", "REGROUP_DEBUG": "1"}
PLACES = (
    "before-entered",
    "before-intent",
    "after-intent",
    "after-start",
    "after-output",
    "before-exited",
    "after-exited",
    "before-ended",
    "after-ended",
)
STEPS = [f"step{number}" for number in range(len(PLACES))]


@dataclass
class Chaos:
    """One Regroup's state, its one host and its world, each a directory of its own."""

    folder: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def journal(self) -> list[str]:
        return (self.folder / "world" / "journal").read_text().split()

    def start(self, *words: str, failpoint: str = "") -> subprocess.Popen[str]:
        mine = {"REGROUP_STATE": str(self.folder / "state"), "CHAOS_WORLD": str(self.folder / "world")}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("REGROUP_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.worker", *words],
            cwd=PROJECT,
            env=inherited | QUICK | mine | {"REGROUP_FAILPOINT": failpoint},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def do(self, *words: str) -> str:
        """A process that has to end well; what it printed."""
        process = self.start(*words)
        out, err = process.communicate(timeout=180)
        assert process.returncode == 0, err
        return out

    def dies(self, failpoint: str) -> None:
        process = self.start("look", failpoint=f"{failpoint}:kill")
        _, err = process.communicate(timeout=180)
        assert process.returncode == -signal.SIGKILL, (process.returncode, err)

    def sleeps(self, failpoint: str) -> subprocess.Popen[str]:
        """A worker that stands still there, until its lease has run out and longer."""
        process = self.start("look", failpoint=f"{failpoint}:stop")
        until(lambda: _stopped(process.pid), 180)
        return process

    def history(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.do("history"))
        return told

    def wrong(self, *wanted: str) -> list[str]:
        return violations(self.history(), self.folder / "host", self.journal, wanted)


@pytest.fixture
def chaos(tmp_path: Path) -> Iterator[Chaos]:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "journal").touch()
    made = Chaos(tmp_path)
    yield made
    for process in made.running:
        process.kill()
        process.communicate()


def test_a_worker_killed_at_each_place_leaves_nothing_doubled_lost_or_untrue(chaos: Chaos) -> None:
    chaos.do("queue", *STEPS)
    for point in ("after-claim", *(f"{place}@{step}" for place, step in zip(PLACES, STEPS, strict=True))):
        chaos.dies(point)
    chaos.dies("before-finished")
    chaos.do("look")
    assert chaos.history()["state"] == "succeeded"
    assert chaos.wrong(*STEPS) == []


def test_a_worker_killed_while_it_reads_the_log_loses_no_line(chaos: Chaos) -> None:
    chaos.do("queue", "slow")
    for point in ("before-output@slow", "after-output@slow"):
        chaos.dies(point)
    chaos.do("look")
    assert chaos.wrong("slow") == []


def test_an_undo_whose_workers_are_killed_takes_everything_back_once(chaos: Chaos) -> None:
    chaos.do("queue", "a", "b")
    chaos.do("look")
    chaos.do("undo")
    for point in ("after-intent@b", "before-ended@b", "after-start@a"):
        chaos.dies(point)
    chaos.do("look")
    assert chaos.history()["state"] == "undone"
    assert chaos.wrong() == []


def test_workers_that_sleep_beyond_their_leases_do_nothing_more(chaos: Chaos) -> None:
    chaos.do("queue", "a", "b", "c", "d")
    sleepers = [
        chaos.sleeps(point) for point in ("before-intent@a", "after-intent@b", "after-start@c", "before-ended@d")
    ]
    chaos.do("look")
    before = chaos.history()
    for sleeper in sleepers:
        sleeper.send_signal(signal.SIGCONT)
    for sleeper in sleepers:
        _, err = sleeper.communicate(timeout=180)
        assert sleeper.returncode == 0, err
    assert chaos.history() == before
    assert before["state"] == "succeeded"
    assert chaos.wrong("a", "b", "c", "d") == []


def test_a_fault_of_ours_in_the_middle_is_told_and_not_done_again(chaos: Chaos) -> None:
    chaos.do("queue", "a", "b")
    process = chaos.start("look", failpoint="before-exited@a:raise")
    process.communicate(timeout=180)
    assert chaos.history()["state"] == "unknown"
    assert chaos.wrong("a") == []


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
