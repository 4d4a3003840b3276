"""A running bond's options change by writes in the order that moves the traffic only where it must, and says where."""

from __future__ import annotations

import pytest

from networking.bonding.live import live_change
from networking.bonding.model import Options
from tests.networking.bonding.cases import WELL, bond
from tests.networking.facts.answers import network

RUNNING = network("bond").bond("bond0").options
NOW = Options(primary="eth0")


def change(status=WELL, running=None, **wanted):
    return live_change("bond0", status, {**RUNNING, **(running or {})}, Options(**{"primary": "eth0", **wanted}))


def written(found):
    return [(write.option, write.value) for write in found.writes]


def test_nothing_is_written_where_nothing_differs():
    found = change()
    assert (found.writes, found.rebuild, found.lacks, found.warnings) == ((), (), (), ())
    assert not found.moves_traffic


def test_a_write_goes_to_the_bonds_own_file():
    [write] = change(num_grat_arp=3).writes
    assert write.path == "/sys/class/net/bond0/bonding/num_grat_arp"
    assert (write.value, write.moves) == ("3", "")


def test_the_monitor_comes_first_the_policy_before_the_primary_and_the_primary_last():
    found = change(primary="eth1", primary_reselect="failure", updelay=200, miimon=50, num_grat_arp=2)
    assert [option for option, _ in written(found)] == [
        "miimon",
        "updelay",
        "num_grat_arp",
        "primary_reselect",
        "primary",
    ]


def test_the_primary_is_not_written_again_for_another_option():
    assert "primary" not in dict(written(change(primary_reselect="always")))


def test_writing_the_primary_moves_the_traffic_at_once_and_says_so():
    found = change(primary="eth1")
    [write] = found.writes
    assert found.moves_traffic
    assert write.moves == "Traffic moves from eth0 to eth1 at once, whatever primary_reselect says."


def test_a_held_bond_is_taken_back_by_the_policy_always():
    held = bond({"speed_mbps": 100}, active="eth1")
    [write] = change(held, primary_reselect="always").writes
    assert write.moves == "Traffic moves from eth1 to eth0 at once, by primary_reselect as written."
    assert not change(held, {"primary_reselect": "failure"}, primary_reselect="better").moves_traffic


def test_a_policy_that_leaves_the_traffic_where_it_is_moves_nothing():
    assert not change(primary_reselect="failure").moves_traffic


def test_a_primary_that_is_down_takes_the_traffic_once_when_it_returns():
    down = bond({"mii_status": "down"}, active="eth1", primary=None)
    found = change(down, {"primary": ""})
    assert not found.moves_traffic
    assert found.warnings[0].startswith("eth0 is down now: when its link comes up, the kernel makes it the active port")


def test_a_bond_without_a_primary_gets_one():
    running = {name: value for name, value in RUNNING.items() if name != "primary"}
    found = live_change("bond0", bond(primary=None, active="eth1"), running, Options(primary="eth0"))
    assert written(found) == [("primary", "eth0")]
    assert found.moves_traffic


def test_a_primary_that_is_to_be_none_is_written_empty():
    assert written(change(primary="")) == [("primary", "")]


def test_delays_are_written_again_after_miimon_since_they_are_multiples_of_it():
    found = change(running={"updelay": "200"}, miimon=50, updelay=200)
    assert written(found) == [("miimon", "50"), ("updelay", "200")]
    assert "follows it" in found.writes[1].why
    assert "multiple of miimon" in change(updelay=200).writes[0].why


def test_arp_takes_over_from_miimon_with_its_addresses_there_first():
    found = change(miimon=0, arp_interval=1000, arp_ip_targets=("192.0.2.1",), arp_validate="all")
    assert written(found) == [("arp_ip_target", "+192.0.2.1"), ("arp_interval", "1000"), ("arp_validate", "all")]


def test_miimon_takes_over_from_arp_and_the_addresses_go_afterwards():
    found = change(running={"miimon": "0", "arp_interval": "1000", "arp_ip_target": "192.0.2.1 192.0.2.2"})
    assert written(found) == [
        ("miimon", "100"),
        ("arp_ip_target", "-192.0.2.1"),
        ("arp_ip_target", "-192.0.2.2"),
    ]


def test_the_end_of_all_watching_is_written_if_that_is_wanted():
    assert written(change(miimon=0)) == [("miimon", "0")]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"fail_over_mac": "active"}, "fail_over_mac is none and is to be active"),
        ({"mode": "802.3ad"}, "mode is active-backup and is to be 802.3ad"),
    ],
)
def test_what_the_kernel_changes_only_without_ports_is_a_rebuild(wanted, said):
    [reason] = change(**wanted).rebuild
    assert said in reason


def test_an_option_that_an_old_kernel_lacks_is_told_and_not_written():
    old = {name: value for name, value in RUNNING.items() if name != "peer_notif_delay"}
    found = live_change("bond0", WELL, old, Options(primary="eth0", peer_notif_delay=200))
    assert found.writes == ()
    assert found.lacks == ("This kernel has no peer_notif_delay; it stays as it is there.",)
