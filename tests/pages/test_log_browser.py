"""A long log in a real browser: a window of rows, any line at once, search, folds, the tail; and without JavaScript."""

import os
import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from changes.models import Change
from execution.messages import silent_event
from execution.models import Run, StepRun
from execution.services import run_of
from tests.browsing import signed_in
from tests.pages.scene import Scene, log, log_many

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = 60_000
PATIENCE = 30_000


def written(scene: Scene, change: Change) -> Change:
    """A long log: colours, our own lines and two steps in it."""
    run = run_of(change)
    log_many(run, "save", [f"line {number} of save" for number in range(LONG)])
    log_many(run, "restore", ["\x1b[1;31mno such disk\x1b[0m and \x1b[32mfine\x1b[0m", "<b>not bold</b>", "a\u202eb"])
    return change


@pytest.fixture
def done(scene) -> Change:
    return written(scene, scene.succeeded())


def opened(browser: Browser, url: str, user, path: str, **more) -> Page:
    context = signed_in(browser, url, user, viewport={"width": 1440, "height": 900}, **more)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{url}{path}")
    return page


def nodes(page: Page) -> int:
    return page.evaluate("document.querySelectorAll('*').length")


def test_a_long_log_is_a_small_page_at_either_end_and_in_between(browser, live_server, done, vera):
    last = run_of(done).last_seq
    page = opened(browser, live_server.url, vera, f"/changes/{done.pk}/log/")
    expect(page.locator(f"#L{last}")).to_be_visible()
    assert nodes(page) <= 2000
    page.locator(".lv-view").focus()
    page.keyboard.press("Home")
    expect(page.locator("#L1")).to_be_visible()
    expect(page.locator("#L1 .lv-text")).not_to_have_text("…")
    page.fill("#lv-line", "30000")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#L30000")).to_be_in_viewport()
    expect(page.locator("#L30000 .lv-text")).to_contain_text("of save")
    expect(page).to_have_url(re.compile(r"line=30000#L30000$"))
    assert nodes(page) <= 2000
    page.context.close()


def test_a_link_to_a_line_shows_it_marked(browser, live_server, done, vera):
    for address in ("?line=12345", "#L12345"):
        page = opened(browser, live_server.url, vera, f"/changes/{done.pk}/log/{address}")
        expect(page.locator("#L12345")).to_be_in_viewport()
        expect(page.locator("#L12345")).to_have_attribute("aria-current", "true")
        expect(page.locator("#L12345 .lv-text")).to_contain_text("of save")
        page.context.close()


def test_hits_are_found_on_the_server_forward_and_back(browser, live_server, done, vera):
    page = opened(browser, live_server.url, vera, f"/changes/{done.pk}/log/?line=1")
    page.fill("#lv-q", "LINE 4321")
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".lv-here .lv-text")).to_have_text("line 4321 of save")
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".lv-here .lv-text")).to_have_text("line 43210 of save")
    page.get_by_role("button", name="Previous").click()
    expect(page.locator(".lv-here .lv-text")).to_have_text("line 4321 of save")
    page.get_by_role("button", name="Previous").click()
    expect(page.locator("[data-lv-status]")).to_contain_text("no earlier line has “LINE 4321”")
    page.context.close()


def test_what_a_host_wrote_is_coloured_and_never_markup(browser, live_server, done, vera):
    page = opened(browser, live_server.url, vera, f"/changes/{done.pk}/log/")
    expect(page.locator(".a-red.a-bold")).to_have_text("no such disk")
    expect(page.locator(".a-green")).to_have_text("fine")
    expect(page.get_by_text("<b>not bold</b>")).to_be_visible()
    expect(page.get_by_text("a‹U+202E›b")).to_be_visible()
    page.context.close()


def test_a_step_is_folded_and_opened_by_its_head(browser, live_server, done, vera):
    page = opened(browser, live_server.url, vera, f"/changes/{done.pk}/log/?line=1000")
    expect(page.locator("#L1000 .lv-text")).to_contain_text("of save")
    page.get_by_text("Steps in this log").click()
    first = page.locator(".lv-parts a").last
    first.click()
    head = page.locator(".lv-fold").last
    expect(head).to_have_attribute("aria-expanded", "true")
    before = page.evaluate("document.querySelector('.lv-room').offsetHeight")
    head.click()
    expect(page.locator(".lv-fold[aria-expanded=false]")).to_have_count(1)
    assert page.evaluate("document.querySelector('.lv-room').offsetHeight") < before
    page.context.close()


def test_new_lines_come_by_themselves_while_the_end_is_followed(browser, live_server, scene, vera):
    change = written(scene, scene.running())
    last = run_of(change).last_seq
    page = opened(browser, live_server.url, vera, f"/changes/{change.pk}/log/")
    expect(page.locator(f"#L{last}")).to_be_visible()
    expect(page.get_by_label("Follow the end")).to_be_checked()
    log(run_of(change), "restore", "one more")
    expect(page.locator(f"#L{last + 1}")).to_be_in_viewport()
    expect(page.locator(f"#L{last + 1} .lv-text")).to_have_text("one more")
    expect(page.locator("[data-lv-status]")).to_contain_text(f"of {last + 1:,}")
    page.context.close()


def test_how_far_the_end_is_behind_is_said_and_why(browser, live_server, scene, vera):
    change = scene.running()
    context = signed_in(browser, live_server.url, vera)
    page = context.new_page()
    page.route("**/events*", lambda route: route.abort())
    page.goto(f"{live_server.url}/changes/{change.pk}/log/")
    status = page.locator("[data-lv-status]")
    expect(status).to_contain_text("· live", timeout=PATIENCE)
    page.route("**/log/lines*", lambda route: route.abort())
    expect(status).to_contain_text(re.compile(r"\d seconds behind, connecting again"), timeout=PATIENCE)
    page.unroute("**/log/lines*")
    expect(status).to_contain_text("· live", timeout=PATIENCE)
    stream_says(page, silent_event(60))
    expect(status).to_contain_text(re.compile(r"\d\d seconds behind, its worker is silent"), timeout=PATIENCE)
    stream_says(page, silent_event(0))
    expect(status).to_contain_text("· live", timeout=PATIENCE)
    context.close()


def stream_says(page: Page, message: bytes) -> None:
    page.unroute("**/events*")
    page.route("**/events*", lambda route: route.fulfill(content_type="text/event-stream", body=message))


def test_without_javascript_there_are_pages_of_lines_with_links(browser, live_server, done, vera):
    page = opened(browser, live_server.url, vera, f"/changes/{done.pk}/log/", java_script_enabled=False)
    last = run_of(done).last_seq
    expect(page.locator(f"#L{last}")).to_be_attached()
    page.get_by_role("link", name="Earlier").click()
    expect(page.locator(f"#L{last - 250}")).to_be_attached()
    page.fill("#lv-q", "line 4321 of")
    page.get_by_role("button", name="Previous").click()
    expect(page.locator(".lv-here .lv-text")).to_have_text("line 4321 of save")
    page.context.close()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing(browser, live_server, done, vera, theme: Literal["light", "dark"], width: int):
    context = signed_in(browser, live_server.url, vera, color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/changes/{done.pk}/log/")
    expect(page.locator(".a-red.a-bold")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if folder := os.environ.get("REGROUP_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/log-{width}.png")
    context.close()


def test_the_first_line_of_a_new_run_brings_the_new_log(browser, live_server, scene, vera):
    change = scene.running()
    before = run_of(change)
    page = opened(browser, live_server.url, vera, f"/changes/{change.pk}/log/")
    expect(page.locator(f"#L{before.last_seq}")).to_be_visible()
    again = Run.objects.create(change=change, digest=change.digest, started_by=before.started_by)
    StepRun.objects.create(run=again, key="save", position=1)
    log(again, "save", "begun anew")
    expect(page.locator("#viewer")).to_have_attribute("data-run", str(again.pk))
    expect(page.locator("#L1 .lv-text")).to_have_text("begun anew")
    page.context.close()
