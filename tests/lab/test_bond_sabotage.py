"""Changes that cut the host off: it is back by itself, with its proof, and as it was."""

from __future__ import annotations

from typing import Any

import pytest

from lab import BondHost
from tests.lab.bond_sabotage import CUTS, KILLED, REBOOTED, Sabotage, is_back_by_itself
from tests.lab.test_bond_change import network

SECONDS = 20
OFTEN = ("dead port",)
"""One of the cabling; one of the host's own is in tests/product. The others with `-m repeated`, and in `make chaos`."""
EACH = [pytest.param(each, marks=() if each.name in OFTEN else pytest.mark.repeated) for each in CUTS]


@pytest.mark.parametrize("sabotage", EACH, ids=lambda sabotage: sabotage.name)
def test_a_host_that_was_cut_off_is_back_by_itself(net_host: Any, switch: Any, sabotage: Sabotage) -> None:
    _, state = is_back_by_itself(net_host("networkd"), switch, sabotage, SECONDS)
    assert state.reverted["how"] == "timer"


def test_a_host_whose_worker_was_killed_goes_back_and_the_undo_only_tidies_up(net_host: Any, switch: Any) -> None:
    host: BondHost = net_host("networkd")
    change, state = is_back_by_itself(host, switch, KILLED, SECONDS)
    as_it_was = network(host)
    change.undo()
    assert (network(host), state.reverted["how"]) == (as_it_was, "timer")


def test_a_host_that_was_restarted_in_between_comes_up_as_it_was(net_host: Any, switch: Any) -> None:
    _, state = is_back_by_itself(net_host("networkd"), switch, REBOOTED, 180)
    assert (state.reverted["how"], state.boot_guard, state.alive) == ("boot", False, False)
