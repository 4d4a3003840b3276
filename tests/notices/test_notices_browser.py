"""From the mail to the decision on a phone; the pages of notices and webhooks in both themes."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from changes.services import change_submit
from notices.mails import mail_of
from notices.models import Happening
from tests.browsing import signed_in
from tests.conftest import PASSWORD
from tests.pages.conftest import scene

__all__ = ["scene"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def clean(page: Page) -> None:
    violations = Axe().run(page).response["violations"]
    assert [(page.url, it["id"], [n["target"] for n in it["nodes"]][:3]) for it in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_link_of_a_mail_leads_to_the_decision_on_a_phone(browser: Browser, live_server, settings, scene, amir):
    settings.OWN_URL = live_server.url
    change = change_submit(scene.rosa, scene.planned())
    body = mail_of(amir, [Happening.objects.get(change=change)]).body
    (link,) = [line for line in body.splitlines() if line.startswith(live_server.url)]
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Username").fill("amir")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    clean(page)
    page.locator("#decide-comment").fill("read it on the train")
    page.get_by_role("button", name="Approve these").click()
    expect(page.get_by_text("Approved.", exact=True).first).to_be_visible()
    context.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_webhook_is_added_and_notices_are_chosen(
    browser: Browser, live_server, ada, theme: Literal["light", "dark"], width: int
) -> None:
    url = live_server.url
    context = signed_in(browser, url, ada, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{url}/account/notices/")
    clean(page)
    page.goto(f"{url}/webhooks/new")
    clean(page)
    page.get_by_role("link", name="Matrix").click()
    page.get_by_label("Name").fill("room")
    page.get_by_label("Address").fill("https://matrix.example.org")
    page.get_by_label("Room").fill("!OGEhHVWSdvArJzumhm:example.org")
    page.get_by_label("Access token").fill("syt_secret")
    page.get_by_label("A run failed").check()
    clean(page)
    page.get_by_role("button", name="Add this webhook").click()
    expect(page.get_by_role("link", name="Enter another access token")).to_be_visible()
    clean(page)
    page.goto(f"{url}/webhooks/new")
    page.get_by_label("Name").fill("chat")
    page.get_by_label("Address").fill("https://hooks.example.org/x")
    page.get_by_label("A run failed").check()
    page.get_by_role("button", name="Add this webhook").click()
    expect(page.get_by_text("Copy this secret now")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("A test is on its way")).to_be_visible()
    clean(page)
    page.goto(f"{url}/webhooks/")
    expect(page.get_by_role("link", name="chat")).to_be_visible()
    clean(page)
    context.close()
