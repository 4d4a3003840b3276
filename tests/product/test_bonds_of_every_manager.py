"""A bond under our own session on every network manager, there after a boot, and taken back after that.

All of them by the browser and over the API with `-m repeated`. In each run of the tests NetworkManager is in
tests/lab/test_bond_change.py, networkd, for which netplan writes, in the other bond modules. One dashboard for all. Red
Hat's ifup and ifdown are a stand-in of the lab's, and the plan says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lab import Lab
from tests.lab.test_bond_change import as_in_the_article, bonded, comes_up_bonded, network, nothing_left
from tests.product.dashboard import QUICK, Embedded, demo
from tests.product.seat import SLOW
from tests.product.test_bond_in_the_browser import BOND, RUN, done, make_the_plan, submit_and_approve

MANAGERS = {
    "web01": "ifupdown",
    "web02": "NetworkManager",
    "web03": "networkd",
    "web04": "netplan",
    "web05": "tried only against a stand-in",
}
Door = Callable[[str], int]


@pytest.fixture(scope="module")
def dashboard(lab: Lab, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A whole Regroup with the hosts that are asked for here; the session's own lab hosts sleep meanwhile."""
    lab.stop()
    here = (item for item in request.session.items if isinstance(item, pytest.Function) and item.path == request.path)
    names = sorted({item.callspec.params["name"] for item in here})
    settings = QUICK | {"REGROUP_DEMO_HOSTS": " ".join(names), "REGROUP_FLEET": "86400"}
    with demo(tmp_path_factory.mktemp("managers") / "var", settings) as running:
        yield running


@pytest.mark.repeated
@pytest.mark.parametrize("name", MANAGERS)
def test_a_bond_by_the_browser_outlives_a_boot(seats, dashboard: Embedded, name: str) -> None:
    rosa, amir, olu = seats("rosa"), seats("amir"), seats("olu")

    def by_browser(name: str) -> int:
        rosa.open(f"/hosts/{name}/").get_by_role("link", name="New bond").click()
        rosa.sees("our session")
        rosa.page.get_by_label("Primary port").select_option("eth1", timeout=SLOW)
        rosa.page.get_by_label("Reason").fill(BOND["reason"])
        address = make_the_plan(rosa)
        rosa.sees(f"session to {name} runs over eth0")
        assert MANAGERS[name] in rosa.page.get_by_role("main").inner_text()
        submit_and_approve(rosa, amir, address, "Both cables are there.")
        olu.open(address)
        olu.press("^Run these")
        olu.sees("Done: all", timeout=RUN)
        return int(address.strip("/").split("/")[-1])

    it_outlives_a_boot(dashboard, name, by_browser)
    assert not rosa.problems + amir.problems + olu.problems


@pytest.mark.repeated
@pytest.mark.parametrize("name", MANAGERS)
def test_a_bond_over_the_api_outlives_a_boot(dashboard: Embedded, name: str) -> None:
    it_outlives_a_boot(dashboard, name, lambda name: done(dashboard, "/changes/bond", BOND | {"host": name}))


def it_outlives_a_boot(dashboard: Embedded, name: str, door: Door) -> None:
    """Made through the door, there after a boot, and gone without a trace once it is taken back."""
    host = dashboard.lab.bond_host(name)
    before = network(host)
    number = door(name)
    bonded(host, "better")
    if name == "web05":
        as_in_the_article(host)
    host.reboot()
    comes_up_bonded(host, "better")

    dashboard.act("olu", number, "undo")
    dashboard.until(number, "undone", within=RUN / 1000)
    assert network(host) == before
    nothing_left(host)
