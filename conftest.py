"""Fixtures that every test may use: the lab's hosts (see lab/pytest_plugin.py) and a real browser."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from xdist.scheduler import LoadScopeScheduling

# A browser's event loop stays in the thread that also makes rows for it; there is no other request there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

pytest_plugins = ["lab.pytest_plugin"]

LONG = ("tests/product/", "tests/lab/", "tests/production/")
"""Where tests wait for hosts and servers: minutes each module."""


def unit(nodeid: str) -> str:
    """What stays on one worker: a module of the long ones, else each test by itself."""
    return nodeid.split("::")[0] if nodeid.startswith(LONG) else nodeid


class ByUnit(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """A module on lab hosts or servers is a unit, so that it may share them; most tests are units each.

    Each worker has a lab of its own, of two VMs or three. The long modules come first, and the rest fills the gaps, so
    that all workers end together. xdist's own `loadgroup` marks groups by setting `item._nodeid`, which pytest 9.2 does
    not read.
    """

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rows", action="store_true", help="only tests that keep rows in the database; none on lab hosts")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--rows"):
        config.hook.pytest_deselected(items=[item for item in items if not keeps_rows(item)])
        items[:] = [item for item in items if keeps_rows(item)]
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what each of the long modules took, and all the others together."""
    took: Counter[str] = Counter()
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            took[unit(report.nodeid) if report.nodeid.startswith(LONG) else "all others"] += round(report.duration)
    if len(took) > 1:
        terminalreporter.section("seconds by module")
        for name, seconds in took.most_common():
            terminalreporter.write_line(f"{seconds:6} {name}")


def keeps_rows(item: pytest.Item) -> bool:
    """Whether what it tests may differ from one database to another, and no host is waited for."""
    asked = set(getattr(item, "fixturenames", ()))
    return "lab" not in asked and bool({"db", "transactional_db"} & asked or item.get_closest_marker("django_db"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByUnit:
    return ByUnit(config, log)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; root may only start it without its sandbox."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    return browser_type_launch_args | {"executable_path": path, "args": ["--no-sandbox"]}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own context. The plugin's fixture needs pytest-base-url, which warns under pytest 9."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
