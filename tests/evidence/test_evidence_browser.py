"""Where evidence is taken, in a real browser: for every eye, at every width; what is downloaded verifies."""

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

import evidence.verify
from evidence.keys import signing_key
from tests.browsing import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_and_what_is_downloaded_verifies(
    browser: Browser, live_server, ran, queued_toy, vera, tmp_path: Path, theme: Literal["light", "dark"], width: int
) -> None:
    queued = queued_toy("c")
    key = signing_key().public.hex
    context = signed_in(browser, live_server.url, vera, color_scheme=theme, viewport={"width": width, "height": 900})
    page, found, wide = context.new_page(), [], []
    for path in ("/audit/", f"/changes/{queued.pk}/evidence", f"/changes/{ran.pk}/"):
        page.goto(f"{live_server.url}{path}")
        found += [(path, each["id"]) for each in Axe().run(page).response["violations"]]
        wide += [path] if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0 else []
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download it, signed").click()
    waiting.value.save_as(tmp_path / "pack.zip")
    context.close()
    assert (found, wide) == ([], [])
    assert "is whole" in evidence.verify.verify(str(tmp_path / "pack.zip"), key)[0]
