"""A bond under our own session, asked for, approved, run, drilled and taken back: in a browser, and over the API.

One dashboard, one boot of web03 (systemd-networkd, management over eth0) and of its peer. The fleet's worker is not due
for a day, so what the Bonds page shows it shows because the host was asked once the run had ended.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import expect

from lab import Host, Lab
from tests.config.conftest import PROJECT, free_port, until
from tests.product.dashboard import QUICK, Embedded, demo
from tests.product.seat import BOTH, SLOW, Seat, no_violations
from tests.product.story import kill_during

BONDS = QUICK | {"REGROUP_DEMO_HOSTS": "web03 ping01", "REGROUP_FLEET": "86400"}
EVERY = {"themes": BOTH, "sizes": ("wide", "phone")}
RUN = 400_000
"""Milliseconds that a run may take on a busy machine: 180 s until the host goes back by itself, and as much again."""
ENDS = ("failed", "unknown")

BOND = {
    "host": "web03",
    "name": "bond0",
    "ports": ["eth1", "eth0"],
    "options": {"primary": "eth1", "primary_reselect": "better", "miimon": 100},
    "reason": "The 10 Gb/s port is plugged in.",
}
DRILL = {"host": "web03", "bond": "bond0", "reason": "Nobody has seen it fail over."}


@pytest.fixture(scope="module")
def dashboard(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A whole Regroup with web03 and its peer; the session's own lab hosts sleep meanwhile."""
    lab.stop()
    with demo(tmp_path_factory.mktemp("bonds") / "var", BONDS) as running:
        yield running


@contextmanager
def simulated(dashboard: Embedded, hosts: int) -> Iterator[None]:
    """So many simulated hosts in this dashboard's inventory, asked by its own worker, until the block ends."""
    words = [sys.executable, "manage.py", "lab", "fleet", "--hosts", str(hosts), "--port", str(free_port())]
    fleet = subprocess.Popen(words, cwd=PROJECT, env=dashboard.environment, stdout=subprocess.DEVNULL)
    try:
        until(lambda: asked(dashboard) >= hosts or fleet.poll() is not None, 300)
        assert fleet.poll() is None
        yield
    finally:
        fleet.terminate()  # the inventory is thrown away with the dashboard, and the servers end with their parent
        fleet.wait(60)


def asked(dashboard: Embedded) -> int:
    """How many hosts have been asked since the dashboard is up."""
    row = dashboard.one("SELECT count(*) FROM networking_hostnetwork WHERE tried_at IS NOT NULL")
    return int(row[0]) if row else 0


def make_the_plan(rosa: Seat) -> str:
    """Press the button; the change's address once it is planned."""
    rosa.press("Make the plan")
    rosa.page.wait_for_url(re.compile(r"/changes/\d+/$"), timeout=SLOW)
    rosa.sees("Submit for approval")
    return rosa.page.url.removeprefix(rosa.dashboard.url)


def submit_and_approve(rosa: Seat, amir: Seat, address: str, comment: str) -> None:
    rosa.press("Submit for approval")
    rosa.sees("must approve this plan")
    amir.open(address)
    amir.page.get_by_label("Comment").fill(comment)
    amir.press("Approve these")
    amir.sees("Amir Approver")


def seen_anew(seat: Seat, path: str, words: str) -> None:
    """Open the page until it says so, as somebody who reloads it does: its host is being asked."""
    for _ in range(60):
        if seat.open(path).get_by_text(re.compile(words)).count():
            return
        seat.page.wait_for_timeout(1000)
    pytest.fail(f"{path} does not say {words}: {seat.page.get_by_role('main').inner_text()[:2000]}")


def test_a_bond_is_made_watched_and_drilled_in_the_browser(seats, dashboard):
    host = plain(dashboard)
    rosa, amir, olu = seats("rosa"), seats("amir"), seats("olu")

    page = rosa.open("/hosts/web03/")
    page.get_by_role("link", name="New bond").click()
    rosa.sees("our session")
    expect(page.get_by_label("Name of the bond")).to_have_value("bond0", timeout=SLOW)
    assert page.locator("[name=ports]:checked").evaluate_all("boxes => boxes.map(box => box.value)") == ["eth0", "eth1"]
    page.get_by_label("Primary port").select_option("eth1")  # it is set down, so that nobody knows yet how fast it is
    expect(page.get_by_text("Say why")).to_have_count(0)
    page.get_by_label("Reason").fill(BOND["reason"])
    no_violations(rosa)
    rosa.picture("new-bond", **EVERY)
    address = make_the_plan(rosa)
    rosa.sees("session to web03 runs over eth0")
    expect(rosa.page.get_by_role("main")).to_contain_text("Kind=bond")
    no_violations(rosa)
    rosa.picture("bond-plan", **EVERY)
    submit_and_approve(rosa, amir, address, "Both cables are there, and the way back is armed before anything.")

    olu.open(address)
    olu.press("^Run these")
    olu.sees("Done: all", timeout=RUN)
    assert host.run("cat /sys/class/net/bond0/bonding/active_slave").strip() == "eth1"
    seen_anew(olu, address, "eth1 carries the traffic at 10 Gb/s")
    no_violations(olu)
    olu.picture("bond-made", **EVERY)
    seen_anew(rosa, "/bonds/?text=web03", "eth1 carries the traffic at 10 Gb/s")
    rosa.open("/bonds/switches?site=lab")
    rosa.sees("sw2")
    no_violations(rosa)

    page = rosa.open("/bonds/of/web03/bond0/")
    page.get_by_role("link", name="Drill this bond").click()
    page.get_by_label("Watched from").select_option("ping01")
    page.get_by_label("Reason").fill(DRILL["reason"])
    rosa.picture("new-drill", **EVERY)
    address = make_the_plan(rosa)
    rosa.picture("drill-plan", **EVERY)
    submit_and_approve(rosa, amir, address, "At night, and with the way back armed.")
    olu.open(address)
    olu.press("^Run these")
    olu.sees("Done: all", timeout=RUN)
    olu.sees("Longest gap, seen by ping01")
    no_violations(olu)
    olu.picture("drilled", **EVERY)
    seen_anew(rosa, "/bonds/of/web03/bond0/", "by ping01, a packet every 50 ms")
    rosa.sees("eth1 carries the traffic at 10 Gb/s")
    no_violations(rosa)
    rosa.picture("bond-drilled", **EVERY)
    assert not rosa.problems + amir.problems + olu.problems


@pytest.mark.repeated
def test_the_same_over_the_api(dashboard):
    host = plain(dashboard)
    done(dashboard, "/changes/bond", BOND)
    assert host.run("cat /sys/class/net/bond0/bonding/active_slave").strip() == "eth1"
    until(lambda: dashboard.api("vera", "/hosts/web03/bonds")["bonds"], 60)
    (bond,) = dashboard.api("vera", "/hosts/web03/bonds")["bonds"]
    assert (bond["health"], bond["active"], bond["primary_reselect"]) == ("ok", "eth1", "better")
    number = done(dashboard, "/changes/drill", DRILL)
    assert "The traffic moved to eth0" in " ".join(line["text"] for line in dashboard.log(number))


def test_a_bond_that_cuts_the_host_off_is_taken_back_and_the_page_says_so(seats, dashboard):
    """The gateway has a typo, and the whole dashboard is killed while it is applied."""
    host = plain(dashboard)
    typo = {"method": "static", "addresses": ["10.0.2.17/24"], "gateways": ["10.0.2.222"]}
    number = asked_and_run(dashboard, "/changes/bond", BOND | {"addressing": typo, "seconds": 20})
    assert kill_during(dashboard, number, ["do:apply"], ENDS, kill=dashboard.kill_everything) == ["do:apply"]
    told = dashboard.until(number, "failed", within=RUN / 1000)
    olu = seats("olu")
    olu.open(f"/changes/{number}/")
    olu.sees("went back by itself")
    assert "went back by itself" in " ".join(step["sentence"] for step in told["steps"])
    assert host.run("ip -4 route show default").split()[:5] == ["default", "via", "10.0.2.2", "dev", "eth0"]
    dashboard.act("olu", number, "undo")
    dashboard.until(number, "undone", within=RUN / 1000)
    plain(dashboard)


def plain(dashboard: Embedded) -> Host:
    """web03 without a bond: what another test here made is taken back, which leaves files and addresses as at first."""
    host = dashboard.host("web03")
    made = [row for row in dashboard.api("vera", "/changes")["items"] if row["kind"] == "bond"]
    for change in made:
        if change["state"] == "succeeded":
            dashboard.act("olu", change["number"], "undo")
            dashboard.until(change["number"], "undone", within=RUN / 1000)
    assert host.run("ip -o -4 addr show scope global | awk '{print $2, $4}'").split() == ["eth0", "10.0.2.17/24"]
    assert host.run("ls /etc/systemd/network").split() == ["10-eth0.network"]
    return host


def done(dashboard: Embedded, path: str, body: dict[str, Any]) -> int:
    """Rosa asks, Amir approves, Olu runs; the change's number once it has succeeded."""
    number = asked_and_run(dashboard, path, body)
    dashboard.until(number, "succeeded", within=RUN / 1000)
    return number


def asked_and_run(dashboard: Embedded, path: str, body: dict[str, Any]) -> int:
    """Rosa asks, Amir approves, Olu starts it; the change's number."""
    change = dashboard.api("rosa", path, body)
    assert change["state"] == "planned", change["refusal"]
    number: int = change["number"]
    dashboard.act("rosa", number, "submit")
    dashboard.act("amir", number, "approve", digest=change["digest"], comment="Read every step.")
    dashboard.act("olu", number, "run")
    return number


def test_the_fleet_is_seen_at_two_thousand_hosts(seats, dashboard):
    vera = seats("vera")
    with simulated(dashboard, 2000):
        for path, words in (
            ("/bonds/", "sim-"),
            ("/bonds/grid", "One cell a bond"),
            ("/bonds/switches?site=fra", "sw-fra"),
        ):
            vera.open(path)
            vera.sees(words)
            no_violations(vera)
        vera.open("/bonds/?health=drift")
        vera.sees("What runs is not what the files say")
        vera.picture("bonds-drift")
    assert not vera.problems
