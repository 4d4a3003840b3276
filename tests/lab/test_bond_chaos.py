"""Sabotage as often as asked for (`--rounds`), with all the time that a change has: about an hour.

`make chaos` runs it, four at a time on two cores and not in step: hosts that boot and go back at the same moment are
so slow that the way back takes a minute.
"""

from __future__ import annotations

import os
import time

import pytest

from lab.bond_hosts import BOND_HOSTS
from lab.instance import Lab
from lab.switch import Switch
from networking.guard import SECONDS
from networking.refusals import SEEN_ON_HOSTS
from tests.chaos.tally import note
from tests.lab.bond_sabotage import CUTS, KILLED, REBOOTED, is_back_by_itself

pytestmark = pytest.mark.chaos

SABOTAGES = (*CUTS, KILLED, REBOOTED)
HOSTS = [host.name for host in BOND_HOSTS if host.manager in SEEN_ON_HOSTS and host.name != "ping01"]


@pytest.fixture(scope="session", autouse=True)
def _out_of_step(worker_id: str) -> None:
    """Each process of the tests begins a quarter of a story after the one before."""
    time.sleep(55 * int(worker_id.removeprefix("gw") if worker_id != "master" else 0))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("number", range(1, metafunc.config.getoption("rounds") + 1))


def test_management_is_back_within_200_s_and_the_network_as_it_was(lab: Lab, switch: Switch, number: int) -> None:
    sabotage = SABOTAGES[(number - 1) % len(SABOTAGES)]
    name = HOSTS[(number - 1) // len(SABOTAGES) % len(HOSTS)]
    lab.stop()
    host = lab.start_bond_host(name)  # each time anew: a host of the lab lives for an hour at most
    begun = time.monotonic()
    _, state = is_back_by_itself(host, switch, sabotage, SECONDS)
    took = int(state.reverted["ended"]) - int(state.armed["begun"])
    back = f"{took} s after the revert was armed" if state.reverted["how"] != "boot" else "by its boot"
    if tally := os.environ.get("CHAOS_TALLY"):
        note(tally, "R9", 1, seconds=[took])
    print(f"\n{number}: {sabotage.name} on {name}: back {back}; all of it took {time.monotonic() - begun:.0f} s")
