"""A command that says 100,000 lines a second fills neither memory nor another run's time; a cut is told in the log."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from execution.recorder import CUT_HERE
from tests.chaos.kind import lines_of
from tests.chaos.scenes import LONG
from tests.chaos.story import Story
from tests.config.conftest import until

MIB = 1 << 20
GROWS = 24 * MIB
"""What a worker may need to follow any log: a read of 1 MiB, its lines, and what packing them takes."""

Stories = Callable[..., Story]


def lines(story: Story, number: int) -> int:
    return int(story.do("lines_kept", number))


def told(story: Story, number: int) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(story.do("log_told", number))
    return said


def on_the_host(story: Story) -> Path:
    (path,) = (story.folder / "host").glob("*/flood.1/log")
    return path


def digest(path: Path, most: int | None = None) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if most is None else _head(file, most)


def _head(file: Any, most: int) -> str:
    sha = hashlib.sha256()
    for line in islice(file, most):
        sha.update(line)
    return sha.hexdigest()


def flooded(story: Story, until_lines: int) -> dict[str, Any]:
    """One run is flooded, and when it has so many lines another begins and has to come to its end beside it."""
    flood, beside = int(story.queue("flood")), int(story.queue("@beside", "slow"))
    busy = story.start("look_weighed", flood)
    begun = time.monotonic()
    assert until(lambda: busy.is_over() or lines(story, flood) > until_lines, 2 * LONG), busy.said("err")[-2000:]
    rate = lines(story, flood) / (time.monotonic() - begun)
    story.do("look", beside)
    assert story.state(beside) == "succeeded"
    assert not busy.is_over(), "the flood was to last longer"
    (story.folder / "world" / "enough").touch()
    grown = int(busy.end())
    print(f"{lines(story, flood):,} lines, {rate:,.0f} a second at first; {grown / MIB:.1f} MiB of memory")
    assert story.state(flood) == "succeeded"
    assert sorted(story.journal) == ["flood", "slow"]
    assert grown < GROWS
    assert [line for line in told(story, beside)["notes"] if line.startswith("cut:")] == []
    assert lines(story, beside) >= len(lines_of("slow"))
    return told(story, flood)


def is_whole(log: dict[str, Any]) -> bool:
    return log["missing"] == 0 and log["last"] == log["last_seq"]


def test_a_flood_fills_no_memory_and_no_other_runs_time_and_all_of_it_is_kept(stories: Stories) -> None:
    story = stories(lease=25.0)
    log = flooded(story, 300_000)
    assert is_whole(log)
    assert log["sha256"] == digest(on_the_host(story))


def test_beyond_a_limit_the_log_says_where_it_is_cut_and_how_much_and_the_verdict_is_right(stories: Stories) -> None:
    story = stories(lease=25.0, kept=1000)
    flood = int(story.queue("flood"))
    busy = story.start("look_weighed", flood)
    assert until(lambda: any(path.stat().st_size > 4 * MIB for path in story.folder.glob("host/*/flood.1/log")), LONG)
    (story.folder / "world" / "enough").touch()
    assert int(busy.end()) < GROWS
    log, path = told(story, flood), on_the_host(story)
    with path.open("rb") as file:
        many = sum(1 for _ in file)
    assert is_whole(log) and log["sha256"] == digest(path, 1000)
    here, end = [line for line in log["notes"] if line.startswith("cut:")]
    assert here == CUT_HERE.format(limit=1000)
    assert end == f"cut: {many - 1000:,} lines were left out of this log; the host has the whole output in {path}"
    assert story.state(flood) == "succeeded" and story.journal == ["flood"]


@pytest.mark.chaos
def test_two_million_lines_are_kept_and_the_worker_does_not_grow(stories: Stories) -> None:
    story = stories(lease=25.0)
    log = flooded(story, 2_000_000)
    assert is_whole(log)
    assert log["sha256"] == digest(on_the_host(story))
