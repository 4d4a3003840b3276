"""A disk that is full on the dashboard or on the host, a clock that is wrong: each run ends true, nothing lost (R8)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.chaos import scenes
from tests.chaos.conftest import Tally
from tests.chaos.story import Story


@pytest.fixture
def cramped(stories: Callable[..., Story]) -> Iterator[Story]:
    """A story whose host keeps its runs on a file system of 24 MiB; 16 have to be free."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root; the lab fills a real disk")
    story = stories()
    folder = str(story.folder / "host")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    yield story
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_on_the_dashboard_costs_time_and_nothing_else(story: Story, tally: Tally) -> None:
    assert tally("R8", scenes.dashboard_full(story)).tried


def test_a_full_disk_on_the_host_is_told_and_gone_on_from(cramped: Story, tally: Tally) -> None:
    tally("R8", scenes.host_full(cramped))


def test_workers_with_wrong_clocks_do_nothing_twice(story: Story, tally: Tally) -> None:
    tally("R8", scenes.clocks_wrong(story))


@pytest.mark.chaos
def test_a_round_of_full_disks_and_wrong_clocks_ends_true(
    stories: Callable[..., Story], cramped: Story, tally: Tally, number: int
) -> None:
    tally("R8", scenes.dashboard_full(stories()))
    tally("R8", scenes.host_full(cramped))
    tally("R8", scenes.clocks_wrong(stories()))
