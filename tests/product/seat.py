"""One person at one browser, signed in to a running dashboard."""

from __future__ import annotations

import os
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.product.dashboard import Dashboard

SLOW = 180_000
"""Milliseconds that a step may take on a busy machine whose hosts run without KVM."""

BOTH = ("light", "dark")
SIZES = {"wide": (1440, 900), "phone": (390, 844)}


class Seat:
    def __init__(self, browser: Browser, dashboard: Dashboard, name: str, password: str = "") -> None:
        self.dashboard, self.name = dashboard, name
        self.password = password or dashboard.password(name)
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
        )
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda line: line.type == "error" and self.problems.append(line.text))
        self._sign_in()

    def _sign_in(self) -> None:
        self.open("/login/")
        self.page.get_by_label("Name", exact=False).first.fill(self.name)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("main").get_by_role("button", name=re.compile("sign in", re.I)).click()
        self.page.wait_for_url(f"{self.dashboard.url}/")

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.dashboard.url}{path}")
        return self.page

    def press(self, words: str) -> None:
        """Click the button of these words."""
        self.page.get_by_role("button", name=re.compile(words)).first.click()

    def press_and_confirm(self, words: str) -> None:
        """Open a dangerous button, which says what it does, and press the same words in it."""
        opener = self.page.locator("details.confirm").filter(
            has=self.page.locator("summary", has_text=re.compile(words))
        )
        opener.locator("summary").first.click()
        opener.get_by_role("button", name=re.compile(words)).first.click()

    def sees(self, words: str, timeout: int = SLOW) -> None:
        expect(self.page.get_by_text(re.compile(words)).first).to_be_visible(timeout=timeout)

    def picture(self, name: str, *, themes: tuple[str, ...] = ("light",), sizes: tuple[str, ...] = ("wide",)) -> None:
        """Keep a screenshot where REGROUP_SCREENSHOTS names a folder; nothing otherwise."""
        folder = os.environ.get("REGROUP_SCREENSHOTS")
        if not folder:
            return
        for size in sizes:
            width, height = SIZES[size]
            self.page.set_viewport_size({"width": width, "height": height})
            for theme in themes:
                self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                self.page.evaluate("scrollTo(0, 0)")
                self.page.wait_for_timeout(250)
                self.page.screenshot(path=Path(folder) / f"{name}-{size}-{theme}.png", full_page=True)
        self.problems = [each for each in self.problems if "inline style" not in each]  # Playwright's own, refused
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.emulate_media(color_scheme="light")


def no_violations(seat: Seat) -> None:
    """axe finds nothing on the page that this person looks at, light and dark."""
    for theme in BOTH:
        seat.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        found = Axe().run(seat.page).response["violations"]
        assert not found, [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
    seat.page.emulate_media(color_scheme="light")
