"""Fixtures that every test may use: the lab's hosts (see lab/pytest_plugin.py) and a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

# A browser's event loop stays in the thread that also makes rows for it; there is no other request there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

pytest_plugins = ["lab.pytest_plugin"]


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
