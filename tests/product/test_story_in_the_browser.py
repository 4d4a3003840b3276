"""The user's seven minutes, for real: request, approve as another, run, attach, watch, look at the files, undo."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.product.dashboard import Dashboard
from tests.product.seat import BOTH, SLOW, Seat, no_violations
from tests.product.story import MOUNTS, NEW, groups

HALF = Path("tests/recovery/lvm/samples/31-gen-2.03.16-alltypes.vg").read_bytes()[:3000]


def fill_request(rosa: Seat, dashboard: Dashboard, host: str, scenario: str) -> None:
    """The form, in the order in which it asks."""
    page = rosa.open("/changes/recovery/new")
    page.get_by_label("Lost VM").select_option("vm42")
    rosa.sees("Payments team")
    page.get_by_label("Target host").select_option(host)
    rosa.sees("running system.s root disk")
    page.get_by_label("LVM backup file").set_input_files(dashboard.backup(scenario))
    page.get_by_label("Reason").fill("It does not boot since the outage, and the ledger is on it.")


def request(rosa: Seat, dashboard: Dashboard) -> str:
    """Ask for the story's recovery; the change's address."""
    fill_request(rosa, dashboard, "app01", "story")
    page = rosa.page
    expect(page.get_by_label("New volume group name")).to_have_value(NEW, timeout=SLOW)
    for lv, place in MOUNTS.items():
        expect(page.get_by_label(f"Mount point of {lv}")).to_have_value(place)
    rosa.picture("new-recovery", themes=BOTH, sizes=("wide", "phone"))
    rosa.press("Make the plan")
    page.wait_for_url(re.compile(r"/changes/\d+/$"), timeout=SLOW)
    rosa.sees("Submit for approval")
    return page.url.removeprefix(dashboard.url)


def test_the_seven_minutes(seats, dashboard):
    host, disk = dashboard.host("app01"), dashboard.lab.disk("vm42", fresh=True)
    before, names = disk.sha256(), groups(host)

    rosa = seats("rosa")
    address = request(rosa, dashboard)
    no_violations(rosa)
    rosa.picture("plan", themes=BOTH, sizes=("wide", "phone"))
    rosa.press("Submit for approval")
    rosa.sees("must approve this plan")
    assert rosa.page.get_by_role("button", name=re.compile("^Approve")).count() == 0

    amir = seats("amir")
    amir.open("/")
    amir.sees("Recover vm42 on app01")
    amir.open(address)
    amir.page.get_by_label("Comment").fill("Read every step; the UUIDs are vm42's.")
    amir.picture("approve")
    amir.press("Approve these")
    amir.sees("Amir Approver")

    olu = seats("olu")
    olu.open(address)
    olu.press("^Run these")
    olu.sees("Attach vm42.s old disk now")
    olu.picture("waiting", themes=BOTH, sizes=("wide", "phone"))
    olu.press("Attach vm42.s old disk now")
    olu.sees("What is mounted on app01")
    olu.sees("Done: all")
    assert set(groups(host)) == {"RootVG", NEW}

    files = olu.page.locator("summary", has_text=f"Files in {MOUNTS['var']}")
    files.click()
    olu.sees("^lib$")
    no_violations(olu)
    olu.picture("recovered", themes=BOTH, sizes=("wide", "phone"))
    expect(olu.page.locator("[data-log-of] li").first).to_be_attached()

    olu.press_and_confirm("^Undo: ")
    olu.sees("Taken back: app01 is as it was before")
    olu.picture("undone", themes=BOTH)
    assert groups(host) == names
    olu.press("disk back")
    olu.page.wait_for_load_state()
    assert disk.serial not in host.attached()
    assert disk.sha256() == before
    assert not rosa.problems + amir.problems + olu.problems


def test_the_wrong_file_is_refused_before_anybody_is_asked(seats, dashboard):
    rosa = seats("rosa")
    fill_request(rosa, dashboard, "app02", "wrong-file")
    rosa.sees("New volume group name")
    rosa.press("Make the plan")
    rosa.sees("describes this host.s own running root volume group")
    rosa.picture("refused")
    assert set(groups(dashboard.host("app02"))) == {"RootVG"}


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("RootVG.gz", b"\x1f\x8b\x08\x00rest", "gunzip"),
        ("notes.txt", b"buy milk\n", "LVM"),
        ("RootVG", b"\xef\xbb\xbfcontents = ", "byte.order mark"),
        ("RootVG", HALF, "cut off|ends inside"),
    ],
    ids=["gzip", "not LVM", "byte-order mark", "cut in half"],
)
def test_a_bad_file_is_told_at_once_in_a_sentence(seats, name, data, sentence):
    page = seats("rosa").open("/changes/recovery/new")
    page.get_by_label("LVM backup file").set_input_files({"name": name, "mimeType": "text/plain", "buffer": data})
    expect(page.get_by_text(re.compile(sentence, re.I)).first).to_be_visible(timeout=SLOW)


@pytest.mark.parametrize(
    "path", ["/", "/changes/", "/hosts/", "/hosts/app01/", "/owners/", "/vms/", "/audit/", "/account/"]
)
def test_every_page_is_accessible_in_both_themes(seats, path):
    ada = seats("ada")
    ada.open(path)
    no_violations(ada)
    ada.picture(f"page-{path.strip('/').replace('/', '-') or 'home'}", themes=BOTH, sizes=("wide", "phone"))
    assert not ada.problems
