"""However the line to a real sshd breaks, the run ends, and as is true on the host (R4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.chaos import scenes
from tests.chaos.proxy import Line, line_to
from tests.chaos.story import Story
from tests.ssh.conftest import Sshd, running_sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def line(sshd: Sshd) -> Iterator[Line]:
    with line_to(sshd.port) as line:
        yield line


@pytest.fixture
def remote(stories: Callable[..., Story], sshd: Sshd, line: Line) -> Story:
    return stories(target=replace(sshd.target, port=line.port), lease=6.0)


def test_a_line_that_is_cut_stalled_slowed_and_shut_ends_in_what_is_true(remote, line, tally) -> None:
    tally("R4", scenes.line_broken(remote, line, 4, 0))


@pytest.mark.chaos
def test_a_round_of_broken_lines_ends_in_what_is_true(remote, line, tally, number) -> None:
    tally("R4", scenes.line_broken(remote, line, 4, number))
