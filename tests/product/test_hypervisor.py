"""What is done at a hypervisor, with a whole Regroup: reached over SSH, with guests that boot by themselves.

A dead VM's disk is fetched, recovered on a clone, handed back and given back: once all of it in the browser; once over
the API with workers killed (SIGKILL) in each step of the fetch and of its undo. And a VM's boot is proven by its clone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from lab import Lab
from lab.guests import Guest
from lab.hypervisor import LabHypervisor
from lab.reach import free_port
from lab.template_image import LETTER, LETTER_PLACE
from tests.config.conftest import until
from tests.lab.test_fetch import watched
from tests.product.dashboard import QUICK, Embedded, demo
from tests.product.proof import approve
from tests.product.seat import BOTH, SLOW, Seat, no_violations
from tests.product.story import approved_and_run, kill_during

pytestmark = pytest.mark.repeated

CLONE = "vm42-new"
ADD = """
from inventory.credentials import credential_create
from inventory.models import Host, HostKey
from ssh.hostkeys import parse_public_key
key = parse_public_key({key!r})
host = Host.objects.create(name="hv01", address={address!r}, port={port}, user={user!r},
                           credential=credential_create("hv01", "file", key_file={file!r}, by=None),
                           owner=Host.objects.get(name="app01").owner)  # of the people whom Rosa asks for
HostKey.objects.create(host=host, algorithm=key.algorithm, key_base64=key.key_base64, fingerprint=key.fingerprint(),
                       state="trusted")
"""

ADD_LOST = """
from inventory.models import Host, Vm
vm = Vm.objects.get(name="vm42")
Host.objects.create(name="vm42-lost", address="192.0.2.42", vm=vm, owner=Host.objects.get(name="app01").owner)
"""
"""The machine that the dead VM is: it answers nobody."""


@pytest.fixture(scope="module")
def dashboard(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    lab.stop()
    with demo(tmp_path_factory.mktemp("regroup") / "var", QUICK | {"REGROUP_DEMO_HOSTS": "app01"}) as running:
        yield running


@pytest.fixture(scope="module")
def hv01(hypervisor: LabHypervisor, dashboard: Embedded) -> Iterator[LabHypervisor]:
    """A hypervisor that Regroup knows, with the template and the dead vm42, which runs."""
    words = {"key": hypervisor.public_key, "address": hypervisor.address, "port": hypervisor.port}
    told = ADD.format(**words, user=hypervisor.user, file=str(hypervisor.private_key))
    dashboard.manage("shell", "-v", "0", "-c", told)
    hypervisor.template()
    hypervisor.dead()
    hypervisor.virsh("start", "vm42")
    hypervisor.wait_console("vm42", "Kernel panic|Failed to execute")
    yield hypervisor
    hypervisor.clear()


@contextmanager
def a_door(hv01: LabHypervisor, name: str, port: int) -> Iterator[None]:
    """The network's part: as soon as the domain runs, its sshd can be reached at that port."""
    done = threading.Event()

    def open_it() -> None:
        while not done.wait(1):
            if name in hv01.virsh("list", "--name").split():
                hv01.virsh("qemu-monitor-command", name, "--hmp", f"hostfwd_add tcp:{hv01.address}:{port}-:22")
                return

    thread = threading.Thread(target=open_it)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def letter(hv01: LabHypervisor, dashboard: Embedded, port: int) -> str:
    """What stands on the recovered disk, read in the clone with the key that Regroup pinned."""
    keys = dashboard.one("SELECT algorithm || ' ' || key_base64 FROM inventory_hostkey WHERE source = 'hypervisor'")
    assert keys
    guest = Guest(CLONE, port, hv01.private_key, keys[0], hv01.folder / f"known_hosts.{CLONE}")
    guest.door.pin(guest.public_key)
    return guest.run(f"cat /recovered/vm42/root{LETTER_PLACE}", sudo=True)


def as_it_was(hv01: LabHypervisor) -> None:
    """Nothing is left of the clone and the overlays, and the lost VM runs again, as badly as before."""
    assert set(hv01.virsh("list", "--all", "--name").split()) == {"template", "vm42"}
    assert {path.name for path in hv01.images.glob("*.qcow2*")} == {"template.qcow2", "vm42.qcow2"}
    assert hv01.virsh("domstate", "vm42") == "running"


def through(rosa: Seat, amir: Seat, olu: Seat, address: str) -> None:
    """Rosa submits what she asked for, Amir approves it, Olu starts it."""
    rosa.open(address)
    rosa.press("Submit for approval")
    rosa.page.wait_for_load_state()
    approve(amir, address, "Read every step.")
    olu.open(address)
    olu.press("^Run these")


def planned(seat: Seat) -> str:
    seat.press("Make the plan")
    seat.page.wait_for_url(re.compile(r"/changes/\d+/$"), timeout=SLOW)
    seat.sees("Submit for approval")
    return seat.page.url.removeprefix(seat.dashboard.url)


def test_a_disk_is_fetched_in_the_browser(seats, dashboard, hv01):
    rosa, amir, olu, port = seats("rosa"), seats("amir"), seats("olu"), free_port()
    dashboard.api("olu", "/hosts/hv01/facts", post=True)
    page = rosa.open("/changes/fetch/new")
    until(lambda: page.reload() and page.get_by_role("link", name="hv01").count(), 60)
    rosa.picture("fetch-hosts", themes=BOTH)
    page.get_by_role("link", name="hv01").click()
    page.get_by_label("Lost VM", exact=True).select_option("vm42")
    page.get_by_label("Who gets the disks").select_option(label="a new clone of template")
    page.get_by_label("Name of the clone").fill(CLONE)
    page.get_by_label("Sign in to it as to").select_option("hv01")
    page.get_by_label("Its address").fill(hv01.address)
    page.get_by_label("SSH port").fill(str(port))
    page.get_by_label("Reason").fill("It does not boot since the outage, and the ledger is on it.")
    no_violations(rosa)
    rosa.picture("fetch-new", themes=BOTH, sizes=("wide", "phone"))
    address = planned(rosa)
    rosa.picture("fetch-plan", themes=BOTH, sizes=("wide", "phone"))
    with watched(hv01, "vm42.qcow2", "vm42-sda-", f"{CLONE}-"), a_door(hv01, CLONE, port):
        through(rosa, amir, olu, address)
        olu.sees(f"{CLONE} has the disks", timeout=600_000)
        olu.picture("fetch-done", themes=BOTH, sizes=("wide", "phone"))
        no_violations(olu)
        rosa.open(address)
        rosa.page.get_by_role("link", name="Recover what is on them").click()
        rosa.page.get_by_label("The old disk, if it is attached already").fill("vm42-sda")
        rosa.page.keyboard.press("Tab")
        expect(rosa.page.get_by_label("New volume group name")).to_have_value("vm42_old", timeout=SLOW)
        rosa.page.get_by_label("Reason").fill("The ledger.")
        recovery = planned(rosa)
        through(rosa, amir, olu, recovery)
        olu.sees(f"What is mounted on {CLONE}")
        assert letter(hv01, dashboard, port) == LETTER
        olu.open(address)
        olu.press_and_confirm("^Undo: ")
        olu.sees("stands on vm42-new with these disks")
        rosa.open(recovery)
        rosa.page.get_by_role("link", name="Hand the disk back").click()
        rosa.page.get_by_label("Reason").fill("Copied.")
        back = planned(rosa)
        through(rosa, amir, olu, back)
        olu.sees("Done: all")
        olu.open(address)
        olu.press_and_confirm("^Undo: ")
        olu.sees("Taken back", timeout=600_000)
        olu.picture("fetch-undone", themes=BOTH)
    as_it_was(hv01)
    assert not [problem for seat in (rosa, amir, olu) for problem in seat.problems]


def test_a_disk_is_fetched_over_the_api_with_workers_killed_in_each_step(dashboard, hv01):
    port = free_port()
    clone = {"template": "template", "name": f"{CLONE}-2", "like": "hv01", "address": hv01.address, "port": port}
    asked = {"host": "hv01", "vm": "vm42", "way": "original", "clone": clone, "reason": "The ledger is on it."}
    change = dashboard.api("rosa", "/changes/fetch", asked)
    number = change["number"]
    change = dashboard.until(number, "planned", "refused")
    assert change["state"] == "planned", change["refusal"]
    dashboard.act("rosa", number, "submit")
    steps = ["switch-off", "release-sda", "clone-1", "define", "start", "answer", "attach-sda"]
    with watched(hv01, "vm42.qcow2", f"{CLONE}-2-"), a_door(hv01, clone["name"], port):
        approved_and_run(dashboard, number)
        hit = kill_during(dashboard, number, [f"do:{step}" for step in steps], ("succeeded", "failed", "unknown"))
        assert dashboard.change(number)["state"] == "succeeded", dashboard.change(number)["sentence"]
        assert len(hit) >= 5, hit
        body = {
            "vm": "vm42",
            "host": clone["name"],
            "disk": "vm42-sda",
            "new_vg": "vm42_RootVG",
            "reason": "The ledger.",
        }
        recovery = dashboard.api("rosa", "/changes/recovery", body)["number"]
        done(dashboard, recovery)
        with pytest.raises(Exception, match=f"Recovery #{recovery} stands on"):
            dashboard.act("olu", number, "undo")
        back = dashboard.api("rosa", "/changes/handback", {"recovery": recovery, "reason": "Copied."})["number"]
        done(dashboard, back)
        dashboard.act("olu", number, "undo")
        ends = ("undone", "undo_failed", "unknown")
        hit = kill_during(dashboard, number, [f"undo:{step}" for step in steps], ends)
        assert dashboard.change(number)["state"] == "undone", dashboard.change(number)["sentence"]
        assert len(hit) >= 4, hit
    as_it_was(hv01)


def done(dashboard: Embedded, number: int) -> None:
    """Planned, submitted, approved, run to its end."""
    change = dashboard.until(number, "planned", "refused")
    assert change["state"] == "planned", change["refusal"]
    dashboard.act("rosa", number, "submit")
    approved_and_run(dashboard, number)
    change = dashboard.until(number, "succeeded", "failed", "unknown", within=300)
    assert change["state"] == "succeeded", change["sentence"]


def test_the_boot_of_a_machine_is_proven_in_the_browser(seats, dashboard, hv01):
    rosa, amir, olu = seats("rosa"), seats("amir"), seats("olu")
    hv01.domain("app01")
    dashboard.manage("shell", "-v", "0", "-c", ADD_LOST)
    try:
        dashboard.api("olu", "/hosts/hv01/facts", post=True)
        page = rosa.open("/changes/proof/new?host=app01")
        mine = page.get_by_label("VM on its hypervisor")
        until(lambda: page.reload() and mine.locator("option", has_text="app01 (off)").count(), 60)
        expect(mine.locator("option:checked")).to_have_text("app01 (off)")
        rosa.picture("proof-new", themes=BOTH, sizes=("wide", "phone"))
        no_violations(rosa)
        page = rosa.open("/changes/proof/new?host=vm42-lost")
        expect(page.get_by_label("VM on its hypervisor").locator("option:checked")).to_have_text("vm42 (on)")
        first = proven(rosa, amir, olu, "vm42-lost")
        olu.sees("vm42-lost's clone did NOT come up: .*panic")
        olu.picture("proof-down", themes=BOTH, sizes=("wide", "phone"))
        no_violations(olu)
        olu.open("/readiness/of/vm42-lost/")
        olu.sees("did NOT come up")
        olu.picture("proof-host-down", themes=BOTH)
        rosa.open("/hosts/app01/")
        rosa.page.get_by_role("link", name="Boot a clone").click()
        second = proven(rosa, amir, olu, "app01")
        olu.sees("app01's clone came up in [0-9]+ s")
        olu.picture("proof-up", themes=BOTH)
        told = dashboard.api("rosa", "/hosts/app01/readiness")["proof"]
        assert (told["outcome"], told["change"]) == ("up", int(second.split("/")[2])) and first != second
        for address in ("/readiness/", "/risk/"):
            page = olu.open(address)
            expect(page.get_by_role("columnheader", name="Last proven boot")).to_be_visible()
            olu.picture(f"proof{address.replace('/', '-')}list", themes=BOTH, sizes=("wide", "phone"))
    finally:
        hv01.virsh("undefine", "app01")
        (hv01.images / "app01.qcow2").unlink()
    as_it_was(hv01)
    assert not [problem for seat in (rosa, amir, olu) for problem in seat.problems]


def proven(rosa: Seat, amir: Seat, olu: Seat, machine: str) -> str:
    """A proof as the form has it, from request to end; its address."""
    rosa.page.get_by_label("Watch for").fill("600")
    rosa.page.get_by_label("Reason").fill("Up for 200 days, and nobody dares.")
    address = planned(rosa)
    rosa.picture("proof-plan", themes=BOTH, sizes=("wide", "phone"))
    through(rosa, amir, olu, address)
    olu.sees(f"Did {machine} come up", timeout=700_000)
    olu.sees("Done: all")
    return address
