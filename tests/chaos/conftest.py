"""Stories to kill workers in, and the tally of what was tried."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.order import Order
from tests.chaos.scenes import Told
from tests.chaos.story import Story, Worker
from tests.chaos.tally import note

Tally = Callable[[str, Told], Told]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and three people."""
    folder = tmp_path_factory.mktemp("template")
    Worker(Order(folder, "found")).end()
    return folder / "state" / "regroup.sqlite3"


@pytest.fixture
def stories(tmp_path: Path, template: Path) -> Iterator[Callable[..., Story]]:
    made: list[Story] = []
    numbers = count(1)

    def make(**settings: Any) -> Story:
        made.append(Story(tmp_path / str(next(numbers)), template, **settings))
        return made[-1]

    yield make
    for story in made:
        story.clear()


@pytest.fixture
def story(stories: Callable[..., Story]) -> Story:
    return stories()


@pytest.fixture
def tally() -> Tally:
    """Count what was tried in a family, and nothing may be wrong; a story that is looked at counts its logs too."""

    def count(family: str, told: Told) -> Told:
        if path := os.environ.get("CHAOS_TALLY"):
            note(path, family, told.tried, [wrong.sort for wrong in told.wrong], told.seconds)
            note(path, "R5", told.logs, [wrong.sort for wrong in told.wrong if " log" in wrong.sentence])
        assert [wrong.sentence for wrong in told.wrong] == []
        return told

    return count


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(1, metafunc.config.getoption("rounds") + 1))
