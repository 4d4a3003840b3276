"""The fleet's pages in a real browser: for every eye, every key, at every width."""

import os
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from inventory.models import Host
from networking.models import Bond
from tests.browsing import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FAULTS = ("", "failed-over", "held", "slowed", "no-standby", "down", "unwatched", "unknown-speed", "one-switch")
PATHS = (
    *("/bonds/", "/bonds/grid", "/bonds/switches", "/bonds/switches?site=fra&view=table", "/bonds/idle"),
    *("/bonds/switches/sw-fra-r01-a/", "/bonds/silent", "/bonds/of/app02/bond0/", "/hosts/app05/", "/"),
)


@pytest.fixture
def rack(tell, well, broken) -> list[Host]:
    """A host in each of several states, one that is silent, one with two fast ports."""
    rows = [Host.objects.create(name=f"app{n:02}", address=f"app{n}.example", site="fra") for n in range(len(FAULTS))]
    for row, fault in zip(rows, FAULTS, strict=True):
        tell(row, broken(fault) if fault else well.with_port("eno2", nominal=10_000, speed=10_000))
    tell(rows[-1], "app08 did not answer at 192.0.2.8:22 within 5 seconds.")
    return rows


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_on_any_page(
    browser: Browser, live_server, rack, olu, theme: Literal["light", "dark"], width: int
) -> None:
    context = signed_in(browser, live_server.url, olu, color_scheme=theme, viewport={"width": width, "height": 900})
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    found, wide = [], []
    for path in PATHS:
        page.goto(f"{live_server.url}{path}")
        for each in Axe().run(page).response["violations"]:
            found.append((path, each["id"], [node["target"] for node in each["nodes"]][:3]))
        wide += [path] if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0 else []
        if folder := os.environ.get("REGROUP_SCREENSHOTS"):
            name = path.strip("/").replace("/", "-").replace("?", "-") or "home"
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    context.close()
    assert (found, wide, said) == ([], [], [])


@pytest.fixture
def grid(browser: Browser, live_server, rack, vera) -> Page:
    context = signed_in(browser, live_server.url, vera, viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.goto(f"{live_server.url}/bonds/grid")
    yield page
    context.close()


def test_arrows_go_from_cell_to_cell_and_the_sentence_follows(grid: Page) -> None:
    cells = grid.locator(".cell")
    expect(cells.nth(1)).to_have_attribute("tabindex", "-1")
    cells.nth(0).focus()
    expect(grid.locator("#tip")).to_contain_text("No port is active")
    grid.keyboard.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()
    expect(grid.locator("#tip")).to_contain_text("app06")
    grid.keyboard.press("End")
    expect(cells.last).to_be_focused()
    grid.keyboard.press("Escape")
    expect(grid.locator("#tip")).to_be_hidden()
    grid.keyboard.press("Home")
    grid.keyboard.press("Enter")
    grid.wait_for_url("**/bonds/of/app05/bond0/")


def test_the_list_is_one_key_away_from_the_grid(grid: Page) -> None:
    grid.locator(".cell").first.focus()
    grid.keyboard.press("t")
    grid.wait_for_url("**/bonds/?*")
    expect(grid.locator("h1")).to_have_text("Bonds")


def test_a_cell_changes_where_it_stands(grid: Page, rack, tell, well) -> None:
    bond = Bond.objects.get(host=rack[5])
    cell = grid.locator(f"#b{bond.pk}")
    expect(cell).to_have_text("✖")
    tell.now = timezone.now()
    tell(rack[5], well)
    expect(cell).to_have_text("✔", timeout=30_000)
    expect(cell).to_have_attribute("aria-label", "app05 bond0: ok")
    assert grid.locator(".cell").first.get_attribute("id") == f"b{bond.pk}"


def test_a_tap_shows_the_sentence_and_a_second_one_opens_the_bond(browser: Browser, live_server, rack, vera) -> None:
    context = signed_in(browser, live_server.url, vera, viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{live_server.url}/bonds/grid")
    page.locator(".cell").first.tap()
    expect(page.locator("#tip")).to_contain_text("No port is active")
    page.locator(".cell").first.tap()
    page.wait_for_url("**/bonds/of/app05/bond0/")
    context.close()


def test_without_javascript_every_cell_is_a_link(browser: Browser, live_server, rack, vera) -> None:
    context = signed_in(browser, live_server.url, vera, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/bonds/grid")
    page.locator(".cell").first.click()
    page.wait_for_url("**/bonds/of/app05/bond0/")
    context.close()
