"""The alarm of a host that did not come back, in a real browser: it tells the whole truth, and fits."""

import os
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from changes.glasses import glass_ask, glass_decide
from changes.timing import Lift
from execution import services
from tests.browsing import signed_in
from tests.readiness.rebooting import Machine, late, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_queue")]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_the_alarm_is_open_with_the_way_back_and_axe_finds_nothing(
    browser: Browser, live_server, machines, reboot_approved, amir, olu, theme: Literal["light", "dark"], width: int
) -> None:
    machines["app01"] = Machine(well=False)
    change = reboot_approved(despite=True)
    glass = glass_ask(olu, change, [Lift.READINESS], "It is to be rebuilt anyway.")
    glass_decide(amir, glass, change.digest, "Its owner knows.", grant=True)
    change.refresh_from_db()
    services.run_request(olu, change)
    late(looked_at(change))
    context = signed_in(browser, live_server.url, olu, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/changes/{change.pk}/")
    step = page.locator("#step-reboot")
    for told in ("has not come back from its reboot within 600 seconds", "/sbin/init is 32-bit x86", "console"):
        expect(step.get_by_text(told).first).to_be_visible()
    found = [
        (each["id"], [node["target"] for node in each["nodes"]]) for each in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if folder := os.environ.get("REGROUP_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/reboot-{'wide' if width > 640 else 'phone'}-{theme}.png", full_page=True)
    context.close()
    assert (found, wide <= 0) == ([], True)
