"""The engine's page in a real browser: for every eye, at every width, and anew by itself."""

import os
from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, expect

from changes.services import locks_release
from changes.states import StepState
from execution.models import Claim, Pulse, Run
from execution.services import run_of
from inventory.models import Host
from networking.models import HostNetwork
from tests.browsing import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_queue")]


def leased(change, left: float) -> None:
    until = timezone.now() + timedelta(seconds=left)
    Run.objects.filter(pk=run_of(change).pk).update(lease_owner="a" * 32, lease_until=until)
    locks_release(change)


@pytest.fixture
def busy(scene) -> None:
    """One run that goes on, one whose worker died, one that waits, one unknown; a worker that is gone."""
    now = timezone.now()
    Pulse.objects.create(name="runs", at=now - timedelta(seconds=3))
    Pulse.objects.create(name="sweeps", at=now - timedelta(minutes=4))
    Pulse.objects.create(name="fleet", at=now)
    leased(scene.running(), 26)
    leased(scene.running("copy"), -75)
    locks_release(scene.failed(state=StepState.UNKNOWN))
    scene.waiting()
    host = Host.objects.get(name="app01")
    Claim.objects.create(key=f"facts:{host.pk}", until=now + timedelta(seconds=50))
    HostNetwork.objects.create(host=host, next_at=now - timedelta(minutes=20))


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    browser: Browser, live_server, busy, olu, theme: Literal["light", "dark"], width: int
) -> None:
    context = signed_in(browser, live_server.url, olu, color_scheme=theme, viewport={"width": width, "height": 900})
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/engine/")
    found = [
        (each["id"], [node["target"] for node in each["nodes"]]) for each in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if folder := os.environ.get("REGROUP_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/engine-{'wide' if width > 640 else 'phone'}-{theme}.png", full_page=True)
    context.close()
    assert (found, wide <= 0, said) == ([], True, [])


def test_it_comes_anew_by_itself_and_keeps_the_focus(browser: Browser, live_server, busy, olu) -> None:
    context = signed_in(browser, live_server.url, olu)
    page = context.new_page()
    page.goto(f"{live_server.url}/engine/")
    expect(page.locator("#engine")).to_contain_text("No worker “sweeps”")
    page.locator("#engine-locks").focus()
    Pulse.objects.filter(name="sweeps").update(at=timezone.now() + timedelta(seconds=4))
    expect(page.locator("#engine")).not_to_contain_text("No worker “sweeps”", timeout=30_000)
    expect(page.locator("#engine-locks")).to_be_focused()
    context.close()
