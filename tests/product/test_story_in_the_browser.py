"""The whole story, for real: whose it is, request, approvals, the window, attach, watch, look, undo, the proof."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lab import Lab
from tests.config.conftest import until
from tests.mailbox import Mailbox, mailbox
from tests.product.dashboard import QUICK, Dashboard, Embedded, demo
from tests.product.proof import (
    RULE,
    WINDOW,
    add_owner,
    add_person,
    approve,
    done,
    evidence,
    owner_confirms,
    pick_slot,
    public_key,
    switch_off,
    tampered,
    verified,
    write_rule,
    write_window,
)
from tests.product.seat import BOTH, SLOW, Seat, no_violations
from tests.product.story import MOUNTS, NEW, groups

OTTOS = "a long password to type"
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


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as server:
        yield server


@pytest.fixture(scope="module")
def dashboard(lab: Lab, box: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A whole Regroup that sends mail; the session's own lab hosts sleep meanwhile."""
    lab.stop()
    settings = QUICK | {"REGROUP_EMAIL_URL": f"smtp://127.0.0.1:{box.port}"}
    with demo(tmp_path_factory.mktemp("regroup") / "var", settings) as running:
        yield running


def test_a_critical_vm_from_nobodys_word_to_a_proof(seats, dashboard, browser, box, tmp_path):
    """vm42's owner is asked, three people approve, its host's window opens, it is recovered, taken back, and proven."""
    host, disk = dashboard.host("app01"), dashboard.lab.disk("vm42", fresh=True)
    before, names = disk.sha256(), groups(host)

    ada = seats("ada")
    ada.open("/unowned/")
    ada.sees("vm42")
    owner_confirms(dashboard, browser, box)
    ada.open("/unowned/")
    expect(ada.page.get_by_role("link", name="vm42")).to_have_count(0)
    add_person(ada, "otto", OTTOS, "operator")
    add_owner(ada, "Payments team", "Vera Viewer")
    write_rule(ada)

    rosa = seats("rosa")
    address = request(rosa, dashboard)
    no_violations(rosa)
    rosa.picture("plan", themes=BOTH, sizes=("wide", "phone"))
    rosa.press("Submit for approval")
    rosa.sees("Vera Viewer can approve it as an owner")
    assert rosa.page.get_by_role("button", name=re.compile("^Approve")).count() == 0

    amir, otto, vera = seats("amir"), seats("otto", OTTOS), seats("vera")
    otto.open("/")
    otto.sees("Recover vm42 on app01")
    otto.open(address)
    otto.picture("approve")
    approve(otto, address, "Read every step; the UUIDs are vm42's.")
    approve(amir, address, "So did I.")
    approve(vera, address, "It is ours.")

    opens = write_window(ada, "app01")
    pick_slot(rosa, address)
    olu = seats("olu")
    olu.open(address)
    assert datetime.now(UTC) < opens, "The machine was too slow to see the window shut."
    expect(olu.page.get_by_role("button", name=re.compile("^Run these"))).to_have_count(0)
    assert until(lambda: datetime.now(UTC) > opens + timedelta(seconds=2), 300)

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

    it_is_proven(olu, ada, address, tmp_path)
    switch_off(ada, "/policies/", RULE)
    switch_off(ada, "/windows/", WINDOW)
    assert not [problem for seat in (ada, rosa, amir, otto, vera, olu) for problem in seat.problems]


def it_is_proven(olu: Seat, ada: Seat, address: str, folder: Path) -> None:
    """The evidence holds away from Regroup; what somebody makes of it does not; the audit has all of it."""
    olu.open(address)
    archive = evidence(olu, folder)
    key = public_key(ada)
    code, said = verified(archive, key)
    assert code == 0, said
    assert "is whole" in said
    for name, change in {
        "approvals.json": lambda data: data.replace(b"vera", b"rosa"),
        "plan.json": lambda data: data.replace(b"vgcfgrestore", b"vgcfgremove"),
        "audit.jsonl": lambda data: data.partition(b"\n")[2],
    }.items():
        code, said = verified(tampered(archive, name, change), key)
        assert (code, name in said) == (1, True), said

    acts = done(archive)
    assert acts[0] == "change.requested"
    assert acts.count("change.approved") == 3
    assert (
        acts.index("change.approved") < acts.index("change.slot") < acts.index("change.run") < acts.index("change.undo")
    )
    for act in ("vm.confirm", "policy.create", "window.create"):
        ada.open(f"/audit/?action={act}")
        expect(ada.page.get_by_role("row").filter(has_text=act).first).to_be_visible()


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
    "path",
    [
        "/",
        "/changes/",
        "/hosts/",
        "/hosts/app01/",
        "/owners/",
        "/vms/",
        "/readiness/",
        "/risk/",
        "/audit/",
        "/account/",
    ],
)
def test_every_page_is_accessible_in_both_themes(seats, path):
    ada = seats("ada")
    ada.open(path)
    no_violations(ada)
    ada.picture(f"page-{path.strip('/').replace('/', '-') or 'home'}", themes=BOTH, sizes=("wide", "phone"))
    assert not ada.problems
