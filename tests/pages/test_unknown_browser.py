"""A change that is unknown, in a real browser: the host's answer comes by itself, and everybody can read it."""

import os
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, expect

from changes.states import StepState
from execution.models import Look
from tests.browsing import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_queue")]
SAYS = [
    "The command was begun, and the host was rebooted since; there is no exit code. "
    "It began at 26 Nov 01:02:03 UTC by the host’s clock.",
    "Its effect is not there: no volume group has the UUID y7Xc…93Fq under the new name.",
]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_the_hosts_answer_comes_by_itself_and_axe_finds_nothing(
    browser: Browser, live_server, scene, olu, theme: Literal["light", "dark"], width: int
) -> None:
    change = scene.failed(state=StepState.UNKNOWN)
    context = signed_in(browser, live_server.url, olu, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/changes/{change.pk}/")
    page.get_by_role("button", name="Look at app01 now").click()
    step = page.locator("#step-restore")
    expect(step).to_contain_text("app01 is being asked", timeout=30_000)
    Look.objects.update(told_at=timezone.now(), outcome="not_done", over=True, sentences=SAYS)
    expect(step).to_contain_text("Not done: so it is now", timeout=30_000)
    step.locator("summary", has_text="Say that it did not").click()
    expect(step.get_by_label("What you saw on app01, and how").last).to_be_visible()
    found = [
        (each["id"], [node["target"] for node in each["nodes"]]) for each in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if folder := os.environ.get("REGROUP_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/unknown-{'wide' if width > 640 else 'phone'}-{theme}.png", full_page=True)
    context.close()
    assert (found, wide <= 0) == ([], True)
