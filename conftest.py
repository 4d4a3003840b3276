"""Fixtures that every test may use: the lab's hosts (see lab/pytest_plugin.py) and a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from xdist.scheduler import LoadScopeScheduling

# A browser's event loop stays in the thread that also makes rows for it; there is no other request there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

pytest_plugins = ["lab.pytest_plugin"]

UNITS = {
    "tests/lab/test_recovery": "recoveries",
    "tests/lab/test_bond_": "bonds",
    "tests/lab/test_lab_networks": "bonds",
    "tests/lab/": "hosts",
    "tests/product/": "hosts",
    "tests/production/": "servers",
}
"""What a test's address begins with → the unit it is part of, the longest first."""


class ByUnit(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Tests on lab hosts are a few long units, so at most four VMs or so live; most tests are units each.

    Each worker has a lab of its own. xdist hands out the largest units first: they take longest, and the rest
    fills the gaps. Its own `loadgroup` marks groups by setting `item._nodeid`, which pytest 9.2 does not read.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((unit for start, unit in UNITS.items() if nodeid.startswith(start)), nodeid)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rows", action="store_true", help="only tests that keep rows in the database; none on lab hosts")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--rows"):
        config.hook.pytest_deselected(items=[item for item in items if not keeps_rows(item)])
        items[:] = [item for item in items if keeps_rows(item)]


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
