"""The import in a real browser: from a list to the preview to the stock, for every eye, at every width."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from inventory.models import Host
from tests.browsing import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXT = "name,address,owner,colour\napp02,192.0.2.8,,red\napp03,192.0.2.9,Finance platform,\nbad name,192.0.2.10,,\n"


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_from_a_list_to_the_preview_to_the_stock(
    browser: Browser, live_server, app02, ada, theme: Literal["light", "dark"], width: int
) -> None:
    context = signed_in(browser, live_server.url, ada, color_scheme=theme, viewport={"width": width, "height": 900})
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)

    def looks_well() -> None:
        found = [(each["id"], each["nodes"][0]["target"]) for each in Axe().run(page).response["violations"]]
        assert found == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    page.goto(f"{live_server.url}/hosts/")
    page.get_by_role("link", name="Import").click()
    looks_well()
    page.get_by_label("Or paste it").fill(TEXT)
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.locator("h1")).to_have_text("What the import would do")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody")).to_contain_text("app02 is Finance platform's, and this row does not say so")
    looks_well()
    assert Host.objects.count() == 1
    page.get_by_role("button", name="Write 1 row").click()
    expect(page.get_by_role("status").first).to_contain_text("1 created, 0 changed, 2 refused")
    assert Host.objects.get(name="app03").owner.name == "Finance platform"
    page.goto(f"{live_server.url}/hosts/?text=app03")
    page.get_by_role("link", name="Edit these hosts").click()
    looks_well()
    page.goto(f"{live_server.url}/hosts/app03/merge/")
    looks_well()
    context.close()
    assert said == []
