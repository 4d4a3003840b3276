"""A bond under our own session on every network manager: by the browser, taken back, by the API, and after a boot.

One dashboard for all. Red Hat's ifup and ifdown are a stand-in of the lab's, and the plan says so.
"""

from __future__ import annotations

from collections.abc import Iterator

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
ALL = QUICK | {"REGROUP_DEMO_HOSTS": " ".join(MANAGERS), "REGROUP_FLEET": "86400"}


@pytest.fixture(scope="module")
def dashboard(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A whole Regroup with a host of each manager; the session's own lab hosts sleep meanwhile."""
    lab.stop()
    with demo(tmp_path_factory.mktemp("managers") / "var", ALL) as running:
        yield running


@pytest.mark.parametrize("name", MANAGERS)
def test_a_bond_by_browser_and_by_api_outlives_a_boot(seats, dashboard: Embedded, name: str) -> None:
    host = dashboard.host(name)
    before = network(host)
    rosa, amir, olu = seats("rosa"), seats("amir"), seats("olu")
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
    bonded(host, "better")
    if name == "web05":
        as_in_the_article(host)

    made = int(address.strip("/").split("/")[-1])
    dashboard.act("olu", made, "undo")
    dashboard.until(made, "undone", within=RUN / 1000)
    assert network(host) == before
    nothing_left(host)

    done(dashboard, "/changes/bond", BOND | {"host": name})
    bonded(host, "better")
    host.reboot()
    comes_up_bonded(host, "better")
    assert not rosa.problems + amir.problems + olu.problems
