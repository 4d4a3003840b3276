"""Two people approve, one of them the machine's owner, each in a browser of their own; and nobody is shut out."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from changes.models import ApprovalRule, Change
from inventory.models import Membership
from tests.browsing import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def decide(browser: Browser, url: str, who, change: Change, words: str) -> None:
    context = signed_in(browser, url, who)
    page = context.new_page()
    page.goto(f"{url}/changes/{change.pk}/")
    page.get_by_label("Comment").fill(words)
    page.get_by_role("button", name="Approve these").click()
    expect(page.get_by_text("Approved.", exact=True).first).to_be_visible()
    context.close()


def clean(page: Page) -> None:
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_rule_is_written_an_approver_and_the_owner_meet_it(
    browser: Browser, live_server, scene, ada, amir, vera, rosa, olu, theme: Literal["light", "dark"], width: int
) -> None:
    url = live_server.url
    view = {"color_scheme": theme, "viewport": {"width": width, "height": 900}}
    context = signed_in(browser, url, ada, **view)
    page = context.new_page()
    page.goto(f"{url}/policies/new")
    clean(page)
    page.get_by_label("Name").fill("Owner too")
    page.get_by_label("Recover a volume group").check()
    page.get_by_label("How many owners beside them").fill("1")
    page.get_by_role("button", name="Add this rule").click()
    expect(page.get_by_role("link", name="Owner too")).to_be_visible()
    clean(page)
    context.close()
    change = scene.planned()
    Membership.objects.create(owner=change.vm.owner, user=vera)
    context = signed_in(browser, url, rosa, **view)
    page = context.new_page()
    page.goto(f"{url}/changes/{change.pk}/")
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_text("Vera can approve it as an owner.").first).to_be_visible()
    clean(page)
    decide(browser, url, amir, change, "read every step")
    page.reload()
    expect(page.get_by_text("0 of 1 by an owner").first).to_be_visible()
    decide(browser, url, vera, change, "it is ours")
    page.reload()
    expect(page.get_by_text("Approved by Amir and Vera (owner), for this very plan.")).to_be_visible()
    clean(page)
    context.close()
    assert Change.objects.get(pk=change.pk).status == "approved"
    assert ApprovalRule.objects.filter(enabled=True).count() == 2
