"""Fixtures that every test may use: the lab's hosts (see lab/pytest_plugin.py) and a real browser."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page
from xdist.scheduler import LoadFileScheduling, LoadScheduling

# A browser's event loop stays in the thread that also makes rows for it; there is no other request there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

# Hosts without KVM run beside; how long an example takes says nothing.
settings.register_profile("regroup", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("regroup")

pytest_plugins = ["lab.pytest_plugin"]

LONG = ("tests/product/", "tests/lab/", "tests/production/", "tests/config/")
"""Where tests wait for hosts, servers and processes: the longest first."""


ABOVE_ROWS = (
    *("tests/pages/", "tests/peers/", "tests/regroup/", "tests/rights/", "tests/strangers/"),
    *("tests/api/test_document_holds.py", "tests/api/test_api_scopes.py", "tests/api/test_api_access.py"),
    *("tests/recovery/test_form.py", "tests/recovery/test_form_attach.py", "tests/evidence/test_tampered_pack.py"),
    "tests/execution/test_rules_changed_after_approval.py",
)
"""What is decided above the database, and asked of it through the same services as elsewhere."""
ASKING = (
    "tests/pages/test_change_list.py",
    "tests/pages/test_engine.py",
    "tests/pages/test_home.py",
    "tests/pages/test_search.py",
)
"""The pages that ask the database by themselves."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rows", action="store_true", help="only tests that keep rows; none on hosts or in a browser")
    parser.addoption("--rounds", type=int, default=50, help="how many rounds of each family -m chaos plays")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--rows"):
        config.hook.pytest_deselected(items=[item for item in items if not keeps_rows(item)])
        items[:] = [item for item in items if keeps_rows(item)]
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """End the count that pytest-cov 7.1 starts in an xdist worker before it knows that it is in one: nobody reads it,
    and what pauses the other one would leave this one counting.
    """
    counter = counter_of(session.config)
    if counter and hasattr(session.config, "workerinput"):
        counter.cov.stop()


def counter_of(config: pytest.Config) -> Any:
    """pytest-cov's controller, or None without --cov."""
    plugin = config.pluginmanager.getplugin("_cov")
    return plugin and plugin.cov_controller


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """The pure core's coverage is counted where it is tested by itself: neither where rows, hosts or a browser are
    needed nor where chance chooses. To count makes Python twice as slow.
    """
    counter = counter_of(item.config)
    if not counter or is_counted(item):
        return (yield)
    counter.pause()
    try:
        return (yield)
    finally:
        counter.resume()


def is_counted(item: pytest.Item) -> bool:
    asked = set(getattr(item, "fixturenames", ()))
    uncounted = {"db", "transactional_db", "lab", "browser"} & asked
    return not (uncounted or any(item.get_closest_marker(name) for name in ("hypothesis", "django_db", "no_cover")))


def place(nodeid: str) -> int:
    """Its place in LONG, or behind them."""
    return next((at for at, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what each of the long modules took, and all the others together."""
    took: defaultdict[str, float] = defaultdict(float)
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            name = report.nodeid.partition("::")[0] if place(report.nodeid) < len(LONG) else "all others"
            took[name] += report.duration
    if len(took) > 1:
        terminalreporter.section("seconds by module")
        for name, seconds in sorted(took.items(), key=lambda item: -item[1]):
            terminalreporter.write_line(f"{seconds:6.0f} {name}")


def keeps_rows(item: pytest.Item) -> bool:
    """Whether what it tests may differ from one database to another: no host is waited for, no script of a page is."""
    if item.nodeid.startswith(ABOVE_ROWS) and not item.nodeid.startswith(ASKING):
        return False
    asked = set(getattr(item, "fixturenames", ()))
    rows = {"db", "transactional_db"} & asked or item.get_closest_marker("django_db")
    return bool(rows) and not {"lab", "browser"} & asked


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | LoadScheduling:
    """Each module stays on one worker and shares what it starts there: each worker has a lab of its own, of two VMs or
    three. The long ones go out first, whatever number of tests they have, and the others fill what is left.

    Under `-m chaos` each test is by itself: they wait for timers, and several workers wait at the same time.
    """
    if config.option.markexpr == "chaos":
        return LoadScheduling(config, log)
    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


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
