"""A window is written and a slot of it picked, in a browser, in both themes and on a phone; and nobody is shut out."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from people.roles import Role
from tests.browsing import signed_in
from tests.conftest import a_person
from tests.execution.windowed import a_freeze

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bea(db):
    return a_person("bea", Role.APPROVER)


def clean(page: Page) -> None:
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_window_is_written_and_a_slot_picked(
    browser: Browser, live_server, scene, ada, theme: Literal["light", "dark"], width: int
) -> None:
    url, change = live_server.url, scene.planned()
    a_freeze(enabled=False)
    context = signed_in(browser, url, ada, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{url}/freezes/new")
    clean(page)
    page.goto(f"{url}/windows/new")
    clean(page)
    page.get_by_label("Name").fill("Sunday night")
    page.get_by_label("From day").fill("2026-11-01")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Add this window").click()
    expect(page.get_by_role("link", name="Sunday night")).to_be_visible()
    clean(page)
    page.goto(f"{url}/changes/{change.pk}/slot")
    clean(page)
    page.get_by_role("button", name="Pick Sun").nth(1).click()
    expect(page.get_by_text("Its slot is Sun").first).to_be_visible()
    clean(page)
    page.goto(f"{url}/windows/")
    expect(page.get_by_role("link", name=f"#{change.pk}")).to_be_visible()
    clean(page)
    context.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_the_glass_is_asked_for_and_broken(
    browser: Browser, live_server, scene, olu, bea, theme: Literal["light", "dark"], width: int
) -> None:
    url, change = live_server.url, scene.approved()
    a_freeze(change.host)
    view = {"color_scheme": theme, "viewport": {"width": width, "height": 900}}
    context = signed_in(browser, url, olu, **view)
    page = context.new_page()
    page.goto(f"{url}/changes/{change.pk}/")
    page.get_by_text("Break the glass", exact=True).click()
    page.get_by_label("in a freeze").check()
    page.get_by_label("Reason").last.fill("The ledger stands still.")
    clean(page)
    page.get_by_role("button", name="Ask a second person").click()
    expect(page.get_by_text("A second person is asked to break the glass")).to_be_visible()
    context.close()
    context = signed_in(browser, url, bea, **view)
    page = context.new_page()
    page.goto(url)
    clean(page)
    page.get_by_text("Olu asks for a second person").click()
    page.get_by_label("Comment on the glass").fill("I looked at the ledger.")
    clean(page)
    page.get_by_role("button", name="Break the glass for four hours").click()
    expect(page.get_by_text("The glass is broken", exact=True)).to_be_visible()
    clean(page)
    context.close()
