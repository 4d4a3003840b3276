"""What the kernel really does with an asymmetric bond. docs/bonding.md has each fact in words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Host
from networking.bonding.live import live_change
from networking.bonding.model import RESELECT, Options
from networking.bonding.selection import Candidate, choose
from networking.bonding.states import HealthState
from tests.lab.bond_bench import Bench
from tests.lab.recovery_walker import reach

SPEEDS = (100, 1000, 10000)


@pytest.fixture(scope="module")
def bench(module_app01: Host) -> Iterator[Bench]:
    module_app01.run("modprobe bonding max_bonds=0 && modprobe dummy numdummies=0", sudo=True)
    with reach(module_app01) as session:
        yield Bench(module_app01, session)


def test_a_returning_primary_takes_the_traffic_exactly_as_the_policy_is_foreseen(bench: Bench) -> None:
    said = bench.ask(f"""
        bond miimon 50
        set_option primary eth0
        for speed in {" ".join(map(str, SPEEDS))}; do
            slowed eth0 $speed
            for policy in {" ".join(RESELECT)}; do
                set_option primary_reselect $policy
                set_option active_slave eth1
                down eth0
                up eth0
                active "$policy at $speed"
            done
        done""")
    backup = Candidate("eth1", True, 1000, "full")
    assert said == {
        f"{policy} at {speed}": choose((Candidate("eth0", True, speed, "full"), backup), "eth1", "eth0", policy)
        for speed in SPEEDS
        for policy in RESELECT
    }
    assert (said["better at 1000"], said["better at 10000"]) == ("eth1", "eth0")


def test_a_primary_that_slows_down_with_its_link_up_stays_active_and_proc_keeps_its_old_speed(bench: Bench) -> None:
    said = bench.ask("""
        bond miimon 50 primary_reselect better
        set_option primary eth0
        slowed eth0 100
        sleep 0.3
        active active
        told in-proc eth0 Speed
        value /sys/class/net/eth0/speed && say in-sysfs "$value" """)
    assert said == {"active": "eth0", "in-proc": "10000 Mbps", "in-sysfs": "100"}
    assert bench.health().state == HealthState.DEGRADED_IN_PLACE


def test_a_slow_primary_that_is_enslaved_again_takes_the_traffic_in_spite_of_better(bench: Bench) -> None:
    said = bench.ask("""
        bond miimon 50 primary_reselect better
        set_option primary eth0
        down eth0 && up eth0
        told failures-before eth0 'Link Failure Count'
        ip link set eth0 nomaster
        active released
        say hidden "$(sed -n 's/^Primary Slave: //p' /proc/net/bonding/bond0)"
        slowed eth0 100
        enslave eth0 && link_is eth0 up
        active enslaved
        option primary primary
        told failures-after eth0 'Link Failure Count' """)
    assert (said["released"], said["enslaved"]) == ("eth1", "eth0")
    assert (said["hidden"], said["primary"]) == ("None", "eth0")
    assert (said["failures-before"], said["failures-after"]) == ("1", "0")


def test_an_unknown_speed_counts_as_the_fastest_on_either_side(bench: Bench) -> None:
    said = bench.ask("""
        bond miimon 50 primary_reselect better
        set_option primary eth0
        ip link add dummy0 type dummy && enslave dummy0 && link_is dummy0 up
        told speed dummy0 Speed
        set_option active_slave dummy0
        down eth0 && up eth0
        active against-unknown
        set_option primary_reselect failure
        set_option primary dummy0
        set_option active_slave eth1
        set_option primary_reselect better
        active unknown-primary""")
    assert said == {"speed": "Unknown", "against-unknown": "dummy0", "unknown-primary": "dummy0"}


def test_writing_the_primary_moves_the_traffic_and_one_that_is_down_then_takes_it_once(bench: Bench) -> None:
    said = bench.ask("""
        bond miimon 50 primary_reselect failure
        set_option active_slave eth1
        set_option primary eth0
        active written
        set_option active_slave eth1
        set_option primary eth0
        active written-again
        set_option primary '' && set_option active_slave eth1
        down eth0
        set_option primary eth0
        active written-while-down
        slowed eth0 100
        up eth0
        active first-return
        down eth0 && up eth0
        active second-return""")
    assert said == {
        "written": "eth0",
        "written-again": "eth0",
        "written-while-down": "eth1",
        "first-return": "eth0",
        "second-return": "eth1",
    }


def test_without_a_primary_the_first_port_stands_in_for_it(bench: Bench) -> None:
    said = bench.ask(f"""
        bond miimon 50 primary_reselect failure
        for policy in {" ".join(RESELECT)}; do
            set_option primary_reselect failure
            set_option active_slave eth1
            set_option primary_reselect $policy
            active $policy
        done""")
    ports = (Candidate("eth0", True, 10000, "full"), Candidate("eth1", True, 1000, "full"))
    assert said == {policy: choose(ports, "eth1", None, policy) for policy in RESELECT}
    assert said == {"always": "eth0", "better": "eth0", "failure": "eth1"}


def test_a_choice_by_hand_lasts_until_the_next_link_event_and_needs_a_link(bench: Bench) -> None:
    said = bench.ask("""
        bond miimon 50 primary_reselect always
        set_option primary eth0
        set_option active_slave eth1
        sleep 0.3
        active by-hand
        ip link add dummy0 type dummy && enslave dummy0 && link_is dummy0 up
        active after-another-link
        down eth1
        refused down-port active_slave eth1
        active still""")
    assert said == {"by-hand": "eth1", "after-another-link": "eth0", "down-port": "yes", "still": "eth0"}


def test_delays_are_multiples_of_miimon_that_follow_it(bench: Bench) -> None:
    said = bench.ask("""
        bond miimon 100
        set_option updelay 250 && option rounded updelay
        set_option miimon 50 && option followed updelay
        set_option miimon 0
        refused without-miimon updelay 200
        set_option arp_ip_target +192.0.2.1
        refused twice arp_ip_target +192.0.2.1
        refused without-sign arp_ip_target 192.0.2.2
        set_option arp_interval 1000 && set_option miimon 100 && option arp-after-miimon arp_interval
        set_option arp_interval 1000 && option miimon-after-arp miimon""")
    assert (said["rounded"], said["followed"], said["without-miimon"]) == ("200", "100", "yes")
    assert (said["twice"], said["without-sign"]) == ("yes", "yes")
    assert (said["arp-after-miimon"], said["miimon-after-arp"]) == ("0", "0")


def test_waiting_ports_say_so_and_updelay_is_skipped_while_no_port_is_active(bench: Bench) -> None:
    said = bench.ask("""
        bond miimon 50 primary_reselect always
        set_option primary eth0
        set_option downdelay 60000
        ip link set eth0 down && until_is /sys/class/net/eth0/bonding_slave/mii_status 'going down'
        active going-down
        set_option downdelay 0 && set_option updelay 60000
        up eth0
        down eth0
        ip link set eth0 up && until_is /sys/class/net/eth0/bonding_slave/mii_status 'going back'
        active going-back
        told in-proc eth0 'MII Status'
        down eth1
        link_is eth0 up
        active nobody-else""")
    assert said == {"going-down": "eth0", "going-back": "eth1", "in-proc": "going back", "nobody-else": "eth0"}


def test_mode_and_mac_policy_are_refused_with_ports_and_the_first_port_gives_its_address(bench: Bench) -> None:
    said = bench.ask("""
        bond miimon 50
        refused mode mode balance-rr
        refused mac-policy fail_over_mac active
        value /sys/class/net/bond0/address && say bond "$value"
        value /sys/class/net/eth1/address && say second "$value"
        ip link set eth1 nomaster
        value /sys/class/net/eth1/address && say released "$value" """)
    first, second = bench.host.mac(0), bench.host.mac(1)
    assert said == {"mode": "yes", "mac-policy": "yes", "bond": first, "second": first, "released": second}


def test_a_bond_made_without_miimon_does_not_notice_a_pulled_cable(bench: Bench) -> None:
    assert bench.ask("bond\nset_option primary eth0\noption miimon miimon") == {"miimon": "0"}
    bench.host.set_link("eth0", up=False)
    said = bench.ask("until_is /sys/class/net/eth0/carrier 0\nsleep 0.3\nactive active\ntold link eth0 'MII Status'")
    bench.host.set_link("eth0", up=True)
    assert said == {"active": "eth0", "link": "up"}
    assert bench.health().state == HealthState.NO_MONITOR


def test_a_pulled_cable_fails_over_and_its_return_is_judged_by_speed(bench: Bench) -> None:
    bench.ask("bond miimon 50 primary_reselect better\nset_option primary eth0")
    assert bench.health().state == HealthState.OK
    bench.host.set_link("eth0", up=False)
    bench.ask("link_is eth0 down")
    assert bench.health().state == HealthState.FAILED_OVER
    bench.host.set_link("eth0", up=True)
    assert bench.ask("link_is eth0 up\nactive active") == {"active": "eth0"}
    bench.ask("slowed eth0 1000 && down eth0 && up eth0")
    held = bench.health()
    assert held.state == HealthState.HELD
    assert "1000 is not more than 1000" in held.sentence


def test_live_changes_make_the_bond_as_wanted_and_move_the_traffic_only_as_foreseen(bench: Bench) -> None:
    bench.ask("bond miimon 100 primary_reselect always\nset_option primary eth0")
    for wanted in (
        Options(primary="eth0", miimon=50, updelay=100, num_grat_arp=3, primary_reselect="failure"),
        Options(primary="eth1", miimon=50, peer_notif_delay=100, primary_reselect="failure"),
        Options(primary="eth0", miimon=0, arp_interval=500, arp_ip_targets=("192.0.2.1",), primary_reselect="better"),
    ):
        before = bench.bond()
        change = live_change("bond0", before.status, before.options, wanted)
        writes = "\n".join(
            f"echo '{write.value}' >{write.path} || say failed {write.option}" for write in change.writes
        )
        said = bench.ask(f"{writes}\nactive active")
        after = bench.bond()
        assert "failed" not in said
        assert live_change("bond0", after.status, after.options, wanted).writes == ()
        assert (said["active"] != before.status.active) == change.moves_traffic
