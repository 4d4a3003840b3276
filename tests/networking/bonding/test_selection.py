"""The kernel's rule which port carries the traffic; tests/lab holds it against a real kernel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networking.bonding.model import RESELECT
from networking.bonding.selection import Candidate, candidates, choose
from tests.networking.bonding.cases import WELL, bond


def ports(eth0=10000, eth1=1000, *, up=("eth0", "eth1"), duplex=("full", "full")):
    return (
        Candidate("eth0", "eth0" in up, eth0, duplex[0]),
        Candidate("eth1", "eth1" in up, eth1, duplex[1]),
    )


@pytest.mark.parametrize(
    ("now", "policy", "chosen"),
    [
        (ports(), "better", "eth0"),
        (ports(1000), "better", "eth1"),
        (ports(100), "better", "eth1"),
        (ports(1000, duplex=("full", "half")), "better", "eth0"),
        (ports(10000, None), "better", "eth1"),
        (ports(None, 1000), "better", "eth0"),
        (ports(None, None), "better", "eth1"),
        (ports(100), "always", "eth0"),
        (ports(), "failure", "eth1"),
        (ports(), "", "eth1"),
        (ports(up=["eth1"]), "always", "eth1"),
        (ports(up=["eth0"]), "failure", "eth0"),
        (ports(up=[]), "always", None),
    ],
)
def test_the_primary_takes_the_traffic_from_the_backup_as_the_policy_says(now, policy, chosen):
    assert choose(now, "eth1", "eth0", policy) == chosen


@pytest.mark.parametrize("policy", RESELECT)
def test_a_primary_that_was_just_written_wins_whatever_the_policy(policy):
    assert choose(ports(100), "eth1", "eth0", policy, forced=True) == "eth0"
    assert choose(ports(up=["eth1"]), "eth1", "eth0", policy, forced=True) == "eth1"


@pytest.mark.parametrize(("policy", "chosen"), [("always", "eth0"), ("better", "eth0"), ("failure", "eth1")])
def test_without_a_primary_new_kernels_put_the_first_port_in_its_place_and_old_ones_stay(policy, chosen):
    assert choose(ports(), "eth1", None, policy) == chosen
    assert choose(ports(), "eth1", None, policy, ranks_ports=False) == "eth1"
    assert choose(ports(), None, None, policy, ranks_ports=False) == "eth0"


def test_candidates_come_from_the_status_and_only_a_good_link_counts():
    assert candidates(WELL) == ports()
    assert not candidates(bond({"mii_status": "going back"}))[0].up


speeds = st.sampled_from([None, 10, 1000, 10000])


@given(speeds, speeds, st.sets(st.sampled_from(["eth0", "eth1"])), st.sampled_from([*RESELECT, "odd"]), st.booleans())
def test_only_a_port_that_is_up_is_chosen_and_one_is_whenever_there_is_one(eth0, eth1, up, policy, ranks):
    chosen = choose(ports(eth0, eth1, up=up), "eth1", "eth0", policy, ranks_ports=ranks)
    assert chosen in up if up else chosen is None
