"""A rollout in a real browser: nobody is shut out at any width, in either theme, in any state."""

import os
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from changes.models import Change, Rollout
from changes.rollouts import Wanted, rollout_create, rollout_submit
from inventory.models import Host
from tests.browsing import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stopped(scene, rosa) -> list[Rollout]:
    """One in review and one that stopped, each with two hosts."""
    found = []
    for name in ("app77", "app78"):
        first, second = scene.planned(), scene.planned()
        other = Host.objects.create(name=name, address=f"{name}.example", pair="app")
        Change.objects.filter(pk=second.pk).update(host=other)
        changes = [Change.objects.get(pk=first.pk), Change.objects.get(pk=second.pk)]
        found.append(rollout_submit(rosa, rollout_create(rosa, Wanted("Both of them", "They need it", changes))))
    Rollout.objects.filter(pk=found[1].pk).update(status="stopped", sentence="#3 on app01 is failed. It said no.")
    return found


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing(
    browser: Browser, live_server, stopped, amir, theme: Literal["light", "dark"], width: int
) -> None:
    context = signed_in(browser, live_server.url, amir, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    for path in ("/rollouts/", *(f"/rollouts/{rollout.pk}/" for rollout in stopped)):
        page.goto(f"{live_server.url}{path}")
        for summary in page.locator(".wave > li > details > summary").all():
            summary.click()
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in violations] == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        if folder := os.environ.get("REGROUP_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/rollout-{width}-{path.strip('/').replace('/', '-')}.png", full_page=True)
    context.close()
