"""The pages of one's account in a real browser: set up a factor, be asked for it, go on where one was."""

import time
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from people.models import SecurityKey, Totp
from people.services import token_issue
from people.totp import code_at
from tests.browsing import signed_in
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def faults(page: Page) -> list[object]:
    """What axe finds, and whether the page is wider than its window."""
    found = [
        (page.url, it["id"], [n["target"] for n in it["nodes"]][:3]) for it in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0
    return [*found, *([page.url] if wide else [])]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_factor_is_set_up_and_asked_for_and_axe_finds_nothing(
    browser: Browser, live_server, settings, ada, theme: Literal["light", "dark"], width: int
) -> None:
    settings.OWN_URL = live_server.url
    context = signed_in(browser, live_server.url, ada, color_scheme=theme, viewport={"width": width, "height": 900})
    page, said, found = context.new_page(), list[str](), list[object]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/account/factor/")
    found += faults(page)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up an app").click()
    page.get_by_role("button", name="Confirm the code").wait_for()
    found += faults(page)
    secret = page.locator("[data-copy]").first.get_attribute("data-copy") or ""
    page.get_by_label("Code").fill(code_at(secret.replace(" ", ""), time.time()))
    page.get_by_role("button", name="Confirm the code").click()
    page.get_by_text("Keep these recovery codes now").wait_for()
    found += faults(page)
    token_issue(ada, "nightly report")
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    page.goto(f"{live_server.url}/account/factor/")
    page.get_by_label("Name of a new key").fill("blue one")
    page.get_by_role("button", name="Add this key").click()
    page.get_by_text("blue one is added").wait_for()
    found += faults(page)
    for path in ("/account/", "/account/sessions/", "/people/", "/people/ada/"):
        page.goto(live_server.url + path)
        found += faults(page)

    context.clear_cookies()  # another browser, which has shown no code yet
    page.goto(f"{live_server.url}/login/?next=/people/new/")
    page.get_by_label("User name").or_(page.get_by_label("Username")).fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/login/code/**")
    found += faults(page)
    page.get_by_role("button", name="Touch a security key instead").click()
    page.wait_for_url("**/people/new/")
    assert SecurityKey.objects.get().last_used
    context.close()

    context = signed_in(browser, live_server.url, ada, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/people/new/")
    found += faults(page)
    Totp.objects.update(last_slot=0)
    page.get_by_label("Code").fill(code_at(secret.replace(" ", ""), time.time()))
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Display name").wait_for()
    assert page.url.endswith("/people/new/")
    context.close()
    assert (found, said) == ([], [])
