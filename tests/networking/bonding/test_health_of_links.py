"""Which port is up decides: DOWN, FAILED-OVER, NO-REDUNDANCY, or OK."""

from __future__ import annotations

from networking.bonding.states import HealthState
from networking.bonding.status import BondStatus
from tests.networking.bonding.cases import ETH0, WELL, bond, finding, health, states

CUT = {"mii_status": "down", "speed_mbps": None, "duplex": None}


def test_an_asymmetric_bond_on_its_primary_is_ok():
    found = health(WELL)
    assert states(found) == [HealthState.OK]
    assert found.sentence == "eth0 carries the traffic at 10 Gb/s; standing by: eth1 at 1 Gb/s."
    assert "eth1: link up, 1 Gb/s, nominal 1 Gb/s" in found.evidence


def test_no_active_port_is_down():
    found = health(bond(CUT, CUT, active=None, mii_status="down"))
    assert found.state == HealthState.DOWN
    assert "nothing reaches the host" in found.sentence
    assert "cables and switch ports of eth0 and eth1" in found.sentence
    assert "active port: none" in found.evidence
    assert HealthState.NO_REDUNDANCY not in states(found)


def test_a_bond_that_is_set_down_is_down_whatever_its_ports_say():
    assert health(bond(mii_status="down")).state == HealthState.DOWN


def test_a_bond_without_ports_is_down_and_says_so():
    found = health(bond(ports=(), active=None, mii_status="down", primary=None))
    assert "It has no ports; enslave them" in found.sentence


def test_a_dead_primary_has_failed_over_and_nothing_is_left_to_take_over():
    found = health(bond(CUT, active="eth1"))
    assert states(found) == [HealthState.FAILED_OVER, HealthState.NO_REDUNDANCY]
    assert found.sentence == (
        "The primary eth0 is down; eth1 carries the traffic at 1 Gb/s. Check the cable and switch port of eth0."
    )
    assert "eth0 cannot take over: if eth1 fails too" in finding(found, HealthState.NO_REDUNDANCY).sentence


def test_a_down_port_that_still_prints_its_old_speed_has_none():
    found = health(bond({"mii_status": "down"}, active="eth1"))
    assert "eth0: link down, nominal 10 Gb/s" in found.evidence


def test_a_primary_that_waits_for_updelay_is_told_as_coming_back():
    found = health(bond({"mii_status": "going back"}, active="eth1"))
    assert found.state == HealthState.FAILED_OVER
    assert "coming back and waits for updelay" in found.sentence


def test_a_dead_standby_port_leaves_no_redundancy():
    found = health(bond(None, CUT))
    assert states(found) == [HealthState.NO_REDUNDANCY]
    assert found.sentence == (
        "eth1 cannot take over: if eth0 fails too, the host is cut off. Check the cable and switch port of eth1."
    )
    assert "1 of 2 ports up" in found.evidence


def test_a_single_port_is_no_redundancy():
    found = health(bond(ports=(ETH0,)))
    assert states(found) == [HealthState.NO_REDUNDANCY]
    assert "has only eth0" in found.sentence


def test_one_dead_port_of_three_is_told_without_the_alarm():
    third = bond(None, CUT).ports + (ETH0.__class__("eth2", "up", 1000, "full", 0, None, 0),)
    assert finding(health(bond(ports=third)), HealthState.NO_REDUNDANCY).sentence.startswith(
        "eth1 cannot take over. Ch"
    )


def test_text_that_breaks_off_is_judged_by_what_it_tells():
    fragment = BondStatus(driver="", mode="", primary="eth0", primary_reselect="better", active="eth0")
    assert health(fragment).state == HealthState.NO_REDUNDANCY
    odd = bond(active=None)
    assert health(odd).sentence == "Nothing is wrong that this text tells."
