"""How a bond is set up: NO-MONITOR and each kind of MISCONFIGURED."""

from __future__ import annotations

import pytest

from networking.bonding.model import Options
from networking.bonding.states import HealthState
from tests.networking.bonding.cases import WELL, bond, finding, health, states


def test_miimon_0_without_arp_is_not_monitored():
    found = health(bond(miimon=0))
    assert states(found) == [HealthState.NO_MONITOR]
    assert "Set miimon=100" in found.sentence


@pytest.mark.parametrize("options", [{"miimon": "100"}, {"miimon": "0", "arp_interval": "1000"}, {}, {"miimon": "?"}])
def test_a_monitor_that_only_sysfs_tells_is_one(options):
    assert states(health(bond(miimon=None), options=options)) == [HealthState.OK]


def test_arp_monitoring_is_monitoring():
    assert states(health(bond(miimon=0, arp_interval=1000))) == [HealthState.OK]


def test_another_mode_is_misconfigured():
    found = health(bond(mode="802.3ad", active=None, primary=None))
    assert found.state == HealthState.MISCONFIGURED
    assert "The mode is 802.3ad, not active-backup" in found.sentence


def test_no_primary_is_misconfigured():
    found = health(bond(primary=None, primary_reselect=None))
    assert states(found) == [HealthState.MISCONFIGURED]
    assert "There is no primary" in found.sentence
    assert "the faster of eth0 and eth1" in found.sentence


def test_a_primary_that_is_the_slower_port_is_misconfigured():
    found = health(bond(primary="eth1", active="eth1", primary_reselect="always"))
    assert states(found) == [HealthState.MISCONFIGURED]
    assert "The primary eth1 is the slower port: 1 Gb/s, while eth0 has 10 Gb/s" in found.sentence


def test_a_slower_primary_is_told_by_nominal_speed_and_not_by_what_it_degraded_to():
    assert states(health(bond({"speed_mbps": 100}))) == [HealthState.DEGRADED_IN_PLACE]


def test_equal_ports_under_better_never_go_back():
    found = health(WELL, nominal={"eth0": 10000, "eth1": 10000})
    assert "equal is not better" in finding(found, HealthState.MISCONFIGURED).sentence
    assert states(health(bond(primary_reselect="always"), nominal={"eth0": 1, "eth1": 1})) == [HealthState.OK]


def test_another_policy_than_wanted_is_misconfigured():
    found = health(bond(primary_reselect="always"), wanted=Options(primary="eth0"))
    assert "primary_reselect is always, but better is wanted" in found.sentence
    assert states(health(WELL, wanted=Options(primary="eth0"))) == [HealthState.OK]


def test_another_primary_than_wanted_is_misconfigured():
    wanted = Options(primary="eth0")
    found = health(bond(primary="eth1", active="eth1", primary_reselect="better"), wanted=wanted, nominal={})
    assert "eth1 is the primary, but eth0 is wanted" in found.sentence
    found = health(bond(primary=None), wanted=wanted)
    assert "There is no primary, but eth0 is wanted" in found.sentence


def test_both_ports_on_one_switch_are_misconfigured():
    found = health(WELL, switches={"eth0": "leaf01", "eth1": "leaf01"})
    assert "eth0 and eth1 hang on one switch, leaf01" in found.sentence
    assert found.evidence == ("eth0 at leaf01", "eth1 at leaf01")


@pytest.mark.parametrize(
    "switches", [{"eth0": "leaf01", "eth1": "leaf02"}, {"eth0": "leaf01"}, {"eth0": "", "eth1": ""}]
)
def test_two_switches_or_a_silent_one_are_well(switches):
    assert states(health(WELL, switches=switches)) == [HealthState.OK]
