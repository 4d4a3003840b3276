"""A walk over a fleet of simulated hosts, as somebody sees it: the worker asks them, the pages tell.

REGROUP_WALK_HOSTS=2000 walks over as many as the pictures in docs/ show; REGROUP_SCREENSHOTS keeps pictures of it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.config.conftest import PROJECT, Up, free_port, until

pytestmark = pytest.mark.browser
HOSTS = int(os.environ.get("REGROUP_WALK_HOSTS", "120"))
PATIENCE = 120_000 + 100 * HOSTS


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Up]:
    """A Regroup of its own with its worker, and simulated hosts in it."""
    up = Up(tmp_path / "state", REGROUP_PORT_PRICE="120 EUR a year", REGROUP_FLEET="30")
    words = [sys.executable, "manage.py", "lab", "fleet", "--hosts", str(HOSTS), "--port", str(free_port())]
    hosts = None
    try:
        up.wait_ready()
        hosts = subprocess.Popen(
            words, cwd=PROJECT, env=up.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        yield up
    finally:
        if hosts:
            hosts.send_signal(2)
            said = hosts.communicate(timeout=120)[0]
            assert f"{HOSTS} simulated hosts are taken out" in said, said
        up.end()


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("REGROUP_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_from_nothing_to_the_switch_that_must_not_die(fleet: Up, browser: Browser) -> None:
    password = re.search(r"Sign in as admin with the password (\S+)", fleet.said())
    assert password
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{fleet.url}/login/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(password[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{fleet.url}/")

    def all_asked() -> bool:
        page.goto(f"{fleet.url}/bonds/")
        page.wait_for_timeout(500)
        told = page.locator("#fresh").text_content() or ""
        return "answered within their time" in told and "wait to be asked" not in told

    assert until(all_asked, PATIENCE / 1000), page.locator("main").text_content()
    expect(page.locator(".bonds-table .state").first).to_contain_text("down")
    shot(page, "bonds-wide-light")

    page.get_by_role("button", name="Ask all hosts now").click()
    expect(page.locator("#fresh")).to_contain_text(f"of {HOSTS:,} hosts", timeout=PATIENCE)
    expect(page.locator("#fresh")).to_contain_text("answered within their time", timeout=PATIENCE)

    page.get_by_role("link", name=re.compile("held on the slower port$")).first.click()
    expect(page.locator(".bonds-table tbody tr").first).to_contain_text("held on the slower port")
    page.locator(".bonds-table .row-title a").first.click()
    expect(page.locator(".bond-state")).to_contain_text("carries the traffic")
    shot(page, "bond-wide-light")

    page.get_by_role("link", name="Bonds", exact=True).first.click()
    page.get_by_role("link", name="Grid").click()
    page.locator(".cell").first.hover()
    expect(page.locator("#tip")).to_contain_text("No port is active")
    shot(page, "bonds-grid-wide-light")

    page.get_by_role("link", name="Switches").click()
    shot(page, "switches-wide-light")
    page.locator(".bar-name").first.click()
    expect(page.locator(".next")).to_contain_text("If this switch dies")
    shot(page, "switch-wide-light")
    page.keyboard.press("t")
    expect(page.get_by_role("region", name=re.compile("^Ports of"))).to_be_visible()

    page.goto(f"{fleet.url}/bonds/idle")
    expect(page.locator(".idle-sum")).to_contain_text("EUR a year")
    shot(page, "idle-ports-wide-light")
    _on_a_phone(context.storage_state(), browser, fleet.url)
    context.close()


def _on_a_phone(state: object, browser: Browser, url: str) -> None:
    phone = browser.new_context(
        storage_state=state, color_scheme="dark", viewport={"width": 390, "height": 844}, has_touch=True
    )
    page = phone.new_page()
    for path, name in (
        ("/bonds/?health=failed-over", "bonds"),
        ("/bonds/grid", "bonds-grid"),
        ("/bonds/switches", "switches"),
    ):
        page.goto(f"{url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        shot(page, f"{name}-phone-dark")
    page.goto(f"{url}/bonds/?health=held")
    page.locator(".bonds-table .row-title a").first.click()
    expect(page.locator(".only-narrow svg")).to_be_visible()
    page.locator(".only-narrow").evaluate("frame => frame.scrollIntoView({ block: 'center' })")
    shot(page, "bond-phone-dark")
    phone.close()
