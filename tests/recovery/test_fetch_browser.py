"""The form of a fetch in a browser, in both themes and on a phone; also of a hypervisor that is down."""

from __future__ import annotations

import os
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from inventory.models import HostFacts
from tests.browsing import signed_in
from tests.recovery.hypervisor_rows import hypervisor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_fetch_is_asked_for(
    browser: Browser, live_server, rosa, theme: Literal["light", "dark"], width: int, monkeypatch
) -> None:
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    HostFacts.objects.filter(host=hypervisor()).update(error="hv01 does not answer on port 22.")
    context = signed_in(browser, live_server.url, rosa, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/changes/fetch/new")
    page.get_by_role("link", name="hv01").click()
    expect(page.get_by_text("hv01 does not answer on port 22.")).to_be_visible()
    page.get_by_label("Reason").fill("It does not boot.")
    page.get_by_role("button", name="Make the plan").click()
    expect(page.get_by_text("Give the clone a name").first).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if folder := os.environ.get("REGROUP_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/fetch-wrong-{width}-{theme}.png", full_page=True)
    page.get_by_label("Name of the clone").fill("vm42-new")
    page.get_by_role("button", name="Make the plan").click()
    page.wait_for_url("**/changes/*/")
    context.close()
