"""Unowned machines and the page of a mail's link in a real browser: for every eye, at every width."""

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail as sent
from playwright.sync_api import Browser, expect

from inventory import asking
from inventory.models import Membership, Vm
from tests.browsing import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def link(mail, vm42, live_server) -> str:
    """The address of the link that Finance platform got for vm42."""
    mail.OWN_URL = live_server.url
    asking.ask_owners()
    return re.search(r"http://\S+/confirm/\S+/", sent.outbox[-1].body)[0]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_on_any_page(
    browser: Browser, live_server, link, waiting, ada, rosa, finance, theme: Literal["light", "dark"], width: int
) -> None:
    waiting("vm50", "critical", 12)
    Membership.objects.create(owner=finance, user=rosa)
    context = signed_in(browser, live_server.url, ada, color_scheme=theme, viewport={"width": width, "height": 900})
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    found, wide = [], []
    paths = ("/unowned/", "/unowned/?which=nobody", "/vms/vm42/", f"/owners/{finance.pk}/", "/hosts/", "/")
    for url in (*(f"{live_server.url}{path}" for path in paths), link):
        page.goto(url)
        for each in Axe().run(page).response["violations"]:
            found.append((url, each["id"], [node["target"] for node in each["nodes"]][:3]))
        wide += [url] if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0 else []
    context.close()
    assert (found, wide, said) == ([], [], [])


def test_a_stranger_to_regroup_confirms_by_the_mails_link_on_a_phone(browser: Browser, link, vm42) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(link)
    expect(page.locator("h1")).to_have_text("Is vm42 still yours?")
    assert Vm.objects.get().confirmed_at is None
    page.get_by_role("button", name="Yes, still mine").click()
    expect(page.get_by_role("status").first).to_contain_text("vm42 is Finance platform's, as of today.")
    assert Vm.objects.get().confirmed_at
    page.goto(link)
    expect(page.locator("h1")).to_have_text("This link is not good any more")
    context.close()
