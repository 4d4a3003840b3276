"""In a real browser: nobody is shut out, nothing typed or read is lost, nothing runs that the policy forbids."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser
WIDTHS = (1440, 820, 390)


def wait_until(page: Page, true: str) -> None:
    """Ask again and again; page.wait_for_function would need the eval that our policy forbids."""
    for _ in range(100):
        if page.evaluate(true):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {true}")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_component(
    browser: Browser, component_site: str, theme: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{component_site}/styleguide/")
    page.locator(".confirm > summary").click()
    violations = Axe().run(page).response["violations"]
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    context.close()
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in violations] == []
    assert wider <= 0
    assert said == []


def test_every_line_of_a_broken_stream_comes_once_and_in_order(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change")
    page.wait_for_selector('[data-stream="done"]', state="attached")
    expect(page.locator('[data-log-of="two"] li')).to_have_count(8)
    of = "step => [...document.querySelectorAll(`[data-log-of=${step}] li`)].map(line => Number(line.dataset.seq))"
    assert page.evaluate(of, "one") == list(range(3, 303)), "the last 300: the whole log has the others"
    assert page.evaluate(of, "two") == list(range(303, 311))


def test_a_new_run_starts_its_logs_anew(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/again")
    page.wait_for_selector('[data-stream="done"]', state="attached")
    expect(page.locator('[data-log-of="one"] .log-text')).to_have_text(["second run", "goes on"])


def test_a_log_line_is_text_and_shows_what_would_hide(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change")
    line = page.locator('[data-log-of="one"] [data-seq="5"] .log-text')
    expect(line).to_have_text("<b>line 5</b>‹U+001B›[1m")
    assert page.locator('[data-log-of="one"] b').count() == 0


def test_a_refresh_keeps_what_is_open_typed_and_focused(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change")
    page.locator("summary", has_text="One, turn").click()
    page.locator("summary", has_text="Approve").click()
    comment = page.get_by_label("Comment")
    comment.fill("half typ")
    comment.press("End")
    page.wait_for_selector('[data-stream="done"]', state="attached")
    expect(page.locator(".step-title").first).not_to_have_text("One, turn 1")
    page.keyboard.type("ed")
    expect(comment).to_have_value("half typed")
    expect(page.locator('details[data-keep-open="one"]')).to_have_attribute("open", "")


def test_scrolling_up_stops_following_until_one_asks_again(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change")
    page.locator("summary", has_text="One, turn").click()
    expect(page.locator('[data-log-of="one"] [data-seq="302"]')).to_be_visible()
    page.wait_for_selector('[data-stream="done"]', state="attached")
    log, box = page.locator('[data-log-of="one"]'), page.locator("#log-one [data-log-follow]")
    expect(box).to_be_checked()
    log.evaluate("log => { log.scrollTop = 20; }")
    expect(box).not_to_be_checked()
    box.check()
    wait_until(
        page,
        "(log => log.scrollHeight - log.scrollTop - log.clientHeight < 2)(document.getElementById('log-one-lines'))",
    )


def test_what_moved_while_the_steps_were_asked_for_is_shown_too(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change-moving")
    expect(page.locator(".step-title").first).to_contain_text("moved", timeout=20_000)


def test_what_moved_in_the_moment_of_the_swap_is_shown_too(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change-still")
    again = "htmx.trigger(document.body, 'refresh-steps')"
    page.evaluate(f"document.addEventListener('htmx:afterRequest', () => {again}, {{once: true}})")
    page.evaluate(again)
    expect(page.locator(".step-title").first).to_contain_text("turn 3")


def test_steps_whose_answer_is_lost_are_asked_for_again(page: Page, component_site: str) -> None:
    refused: list[int] = []

    def answer(route: Route) -> None:
        refused.append(1)
        if len(refused) == 1:
            route.abort()
        elif len(refused) == 2:
            route.fulfill(status=502, body="Bad gateway")
        else:
            route.continue_()

    page.route("**/steps", answer)
    page.goto(f"{component_site}/change-still")
    page.evaluate(
        "document.addEventListener('htmx:beforeSend', (event) => { window.limit = event.detail.xhr.timeout; })"
    )
    page.evaluate("htmx.trigger(document.body, 'refresh-steps')")
    expect(page.locator(".step-title").first).to_contain_text("turn 2", timeout=20_000)
    assert 1_000 < page.evaluate("window.limit") < 30_000  # so that one which never comes is lost, too


def test_moved_steps_are_said_aloud(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change")
    expect(page.locator("#live")).to_contain_text("is running")


def test_good_news_goes_when_the_change_has_moved_on_and_bad_news_stays(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change-done")
    expect(page.locator(".messages .callout")).to_have_count(2)
    page.wait_for_timeout(5000)  # they are left until somebody may have read them
    page.evaluate("htmx.trigger(document.body, 'refresh-steps')")
    expect(page.locator(".messages")).to_have_text("The mail could not be sent.")


def test_what_was_typed_comes_back_after_a_reload_but_no_password_does(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/change")
    page.locator("#why").fill("VM42 does not boot")
    page.locator("#secret").fill("hunter2")
    wait_until(page, "Object.keys(sessionStorage).some(key => key.startsWith('regroup-keep'))")
    assert "hunter2" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.reload()
    expect(page.locator("#why")).to_have_value("VM42 does not boot")
    expect(page.locator("#secret")).to_have_value("")
    page.get_by_role("button", name="Start empty instead").click()
    expect(page.locator("#why")).to_have_value("")


def test_a_slash_goes_to_the_search_box(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/styleguide/")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#search-q")).to_be_focused()
    expect(page.locator("#search-q")).to_have_value("")


def test_control_k_goes_there_too_while_one_types(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/styleguide/")
    page.locator("textarea, input:not(#search-q)").first.focus()
    page.keyboard.press("Control+k")
    expect(page.locator("#search-q")).to_be_focused()


def test_the_chosen_theme_is_there_on_the_next_page(page: Page, component_site: str) -> None:
    page.goto(f"{component_site}/styleguide/")
    page.locator("[data-theme-toggle]").click()
    page.locator("[data-theme-toggle]").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_copy_button_copies_the_whole_identifier(page: Page, component_site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{component_site}/styleguide/")
    page.get_by_role("button", name="Copy volume group UUID").click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "y7XcTq-1nVb-8d2K-Zq0p-R4mW-u6Le-Jk93Fq"


def test_a_phone_has_the_rail_behind_a_button(browser: Browser, component_site: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{component_site}/styleguide/")
    expect(page.locator("#rail")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.locator("#rail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#rail")).to_be_hidden()
    context.close()


def test_without_javascript_one_can_read_approve_and_follow_the_system_theme(
    browser: Browser, component_site: str
) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{component_site}/styleguide/")
    expect(page.locator(".copy").first).to_be_hidden()
    expect(page.locator("#rail")).to_be_visible()
    page.locator(".confirm > summary").click()
    expect(page.locator(".confirm-form button[type=submit]")).to_be_visible()
    page.locator(".diff-fold > summary").first.click()
    expect(page.locator(".diff-folded").first).to_be_visible()
    shown = page.screenshot(clip={"x": 900, "y": 90, "width": 8, "height": 8})
    context.close()
    light = browser.new_context(java_script_enabled=False, color_scheme="light")
    other = light.new_page()
    other.goto(f"{component_site}/styleguide/")
    assert other.screenshot(clip={"x": 900, "y": 90, "width": 8, "height": 8}) != shown
    light.close()
