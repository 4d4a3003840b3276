"""What the speeds decide: DEGRADED-IN-PLACE, HELD with its comparison, SPEED-UNKNOWN."""

from __future__ import annotations

import pytest

from networking.bonding.states import HealthState
from tests.networking.bonding.cases import WELL, bond, finding, health, states

UNKNOWN = {"speed_mbps": None, "duplex": None}


def test_an_active_port_below_its_nominal_speed_is_degraded_in_place():
    found = health(bond({"speed_mbps": 100}))
    assert states(found) == [HealthState.DEGRADED_IN_PLACE]
    assert "eth0 carries the traffic at 100 Mb/s instead of its 10 Gb/s" in found.sentence
    assert "eth1 would be faster now" in found.sentence
    assert "100 is less than 10000" in found.evidence


def test_a_port_that_slowed_down_with_its_link_up_is_seen_by_sysfs_alone():
    found = health(WELL, speeds={"eth0": 100, "eth1": 1000})
    assert states(found) == [HealthState.DEGRADED_IN_PLACE]
    line = "eth0: link up, 100 Mb/s, nominal 10 Gb/s; the bond still counts it as 10 Gb/s"
    assert line in found.evidence


def test_what_holds_a_primary_is_what_the_kernel_counts_and_not_what_is():
    found = health(bond({"speed_mbps": 100}, active="eth1"), speeds={"eth0": 10000, "eth1": 1000})
    assert "100 is not more than 1000" in found.sentence
    assert "should run at" not in found.sentence


def test_a_backup_that_carries_at_its_own_nominal_speed_is_not_degraded():
    assert HealthState.DEGRADED_IN_PLACE not in states(health(bond({"mii_status": "down"}, active="eth1")))


def test_without_a_nominal_speed_nothing_is_degraded():
    assert HealthState.DEGRADED_IN_PLACE not in states(health(bond({"speed_mbps": 100}), nominal={}))


def test_a_degraded_primary_under_better_is_held_and_the_comparison_is_shown():
    found = health(bond({"speed_mbps": 1000}, active="eth1"))
    assert states(found) == [HealthState.HELD]
    assert "1000 is not more than 1000" in found.sentence
    assert "eth0 should run at 10 Gb/s: check its cable" in found.sentence
    assert found.evidence[:2] == ("1000 is not more than 1000", "primary_reselect better")


def test_an_active_port_of_unknown_speed_holds_off_the_primary():
    found = health(bond(None, UNKNOWN, active="eth1"))
    assert states(found) == [HealthState.HELD, HealthState.SPEED_UNKNOWN]
    assert "the speed of eth1 is unknown, which the kernel takes for the fastest" in found.sentence
    assert "unknown counts as more than 10000" in found.evidence


@pytest.mark.parametrize(
    ("primary", "backup", "said"),
    [
        ({}, {}, "10000 is more than 1000"),
        (UNKNOWN, {}, "unknown, the fastest to the kernel, is more than 1000"),
        ({"speed_mbps": 1000}, {"duplex": "half"}, "1000 full duplex is more than 1000 half duplex"),
    ],
)
def test_a_faster_primary_that_is_held_was_put_there_by_hand(primary, backup, said):
    found = finding(health(bond(primary, backup, active="eth1")), HealthState.HELD)
    assert said in found.sentence
    assert "chose eth1 by hand" in found.sentence


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("failure", "primary_reselect=failure leaves it there until eth1 fails"),
        ("always", "primary_reselect=always would take it back, so somebody chose the port by hand"),
        (None, "what primary_reselect is cannot be told here"),
    ],
)
def test_every_policy_has_its_own_reason_to_hold(policy, said):
    assert said in health(bond(active="eth1", primary_reselect=policy)).sentence


def test_the_policy_and_the_primary_that_proc_hides_come_from_sysfs():
    hidden = bond(active="eth1", primary=None, primary_reselect=None)
    found = health(hidden, options={"primary": "eth0", "primary_reselect": "failure"})
    assert "primary_reselect=failure leaves it there" in found.sentence


def test_an_unknown_speed_while_up_is_told_with_what_the_kernel_makes_of_it():
    found = health(bond(None, UNKNOWN))
    assert states(found) == [HealthState.SPEED_UNKNOWN]
    assert "The speed of eth1 is unknown, which the kernel takes for the fastest there is" in found.sentence


def test_an_unknown_speed_of_a_port_that_is_down_is_nothing_new():
    assert HealthState.SPEED_UNKNOWN not in states(health(bond(None, {"mii_status": "down", **UNKNOWN})))


def test_kernels_that_write_no_speeds_are_not_unknown_and_sysfs_may_tell_them():
    silent = {**UNKNOWN, "queue_id": None}
    old = bond(silent, silent, driver="v3.4.0 (October 7, 2008)")
    assert states(health(old)) == [HealthState.OK]
    assert health(old, speeds={"eth0": 100, "eth1": 1000}).state == HealthState.DEGRADED_IN_PLACE


def test_other_modes_have_no_active_port_to_judge():
    other = bond({"speed_mbps": 100}, mode="balance-rr", active=None, primary=None)
    assert states(health(other)) == [HealthState.MISCONFIGURED]
    assert states(health(WELL)) == [HealthState.OK]
