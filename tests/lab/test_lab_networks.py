"""Bond hosts are what they claim: one network manager owns eth0, and the lab's switch is behind every NIC."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import pytest

from lab import BondHost, Lab, LabError, Switch, measured

NetHost = Callable[[str], BondHost]

OWNED = {
    "ifupdown": ("ifquery --state eth0", "eth0=eth0"),
    "keyfile": ("nmcli -t -f DEVICE,STATE,CONNECTION device | grep ^eth0:", "eth0:connected:eth0"),
    "networkd": ("networkctl status eth0", "Network File: /etc/systemd/network/10-eth0.network"),
    "netplan": ("networkctl status eth0", "Network File: /run/systemd/network/10-netplan-eth0.network"),
    "ifcfg": ("systemctl status network", "init.d/network start (code=exited, status=0/SUCCESS)"),
}
"""What to ask a host about who has eth0, and what must be in its answer."""

UNITS = ("networking", "NetworkManager", "systemd-networkd", "network")


def told(host: BondHost, command: str, wanted: str, seconds: float = 20) -> str:
    """What `command` prints once `wanted` is in it, or what it printed at last."""
    deadline = time.monotonic() + seconds
    while wanted not in (text := host.run(command, sudo=True, check=False)) and time.monotonic() < deadline:
        time.sleep(0.3)
    return text


@pytest.mark.repeated
@pytest.mark.parametrize("manager", OWNED)
def test_one_manager_has_eth0_and_the_others_sleep(net_host: NetHost, manager: str) -> None:
    host = net_host(manager)
    question, answer = OWNED[manager]
    assert answer in host.run(question, sudo=True)
    assert f"inet {host.inside}/24" in host.run("ip -4 addr show eth0")
    active = host.run(f"systemctl is-active {' '.join(UNITS)}", check=False).split()
    assert active.count("active") == 1


def test_its_nics_are_one_and_ten_gigabit_and_one_of_unknown_speed(peer: BondHost) -> None:
    peer.run("ip link set eth1 up; ip link set eth2 up", sudo=True)
    speeds = peer.run("cat /sys/class/net/eth[012]/speed").split()
    peer.run("ip link set eth1 down; ip link set eth2 down", sudo=True)
    assert speeds == ["1000", "10000", "-1"]


def test_lldpd_in_the_guest_knows_switch_and_port(peer: BondHost) -> None:
    text = told(peer, "lldpcli show neighbors -f keyvalue ports eth0", "port.ifname=")
    assert "lldp.eth0.chassis.name=sw1\n" in text
    assert "lldp.eth0.port.ifname=Gi1/0/6\n" in text


@pytest.mark.repeated
def test_a_silent_switch_port_is_unknown_after_a_while(peer: BondHost, switch: Switch) -> None:
    told(peer, "lldpcli show neighbors -f keyvalue ports eth0", "port.ifname=")
    switch.announce("ping01", "eth0", on=False)
    deadline = time.monotonic() + 40
    while "ifname" in peer.run("lldpcli show neighbors -f keyvalue", sudo=True) and time.monotonic() < deadline:
        time.sleep(1)
    assert "ifname" not in peer.run("lldpcli show neighbors -f keyvalue", sudo=True)


def test_a_pulled_cable_is_seen_in_the_guest_and_its_speed_is_its_own_again(peer: BondHost) -> None:
    peer.run("ip link set eth1 up; ethtool -s eth1 speed 100 duplex full", sudo=True)
    slow = peer.run("cat /sys/class/net/eth1/speed").strip()
    peer.set_link("eth1", up=False)
    pulled = told(peer, "cat /sys/class/net/eth1/carrier", "0").strip()
    peer.set_link("eth1", up=True)
    assert (slow, pulled) == ("100", "0")
    assert told(peer, "cat /sys/class/net/eth1/speed", "10000").strip() == "10000"
    peer.run("ip link set eth1 down", sudo=True)


def test_the_peer_measures_how_long_a_port_was_dead(net_host: NetHost, peer: BondHost, switch: Switch) -> None:
    host = net_host("networkd")
    with measured(peer, host.inside) as gaps:
        switch.kill(host.name, "eth0")
        time.sleep(2)
        switch.revive(host.name, "eth0")
        told(host, "echo back", "back")
    assert 0 < gaps.lost < gaps.sent
    assert gaps.silent_ms > 1000
    assert switch.learned()[host.mac(0)] == f"{host.name}-eth0"


def test_a_port_in_another_vlan_locks_everybody_out_until_it_is_back(net_host: NetHost, switch: Switch) -> None:
    host = net_host("networkd")
    switch.vlan(host.name, "eth0", 20)
    with pytest.raises((LabError, subprocess.TimeoutExpired)):
        host.run("true", timeout=8)
    switch.vlan(host.name, "eth0", 1)
    assert host.door.wait_login("echo back", 60).strip() == "back"


@pytest.mark.repeated
def test_a_reboot_brings_the_address_back_by_the_managers_own_files(net_host: NetHost) -> None:
    """With the stand-in; those of the others come up after a boot in test_bond_change, with a bond."""
    host = net_host("ifcfg")
    host.reboot()
    assert f"inet {host.inside}/24" in host.run("ip -4 addr show eth0")


def test_the_inventory_has_the_bond_hosts_that_were_started(lab: Lab, peer: BondHost) -> None:
    row = next(row for row in lab.inventory()["hosts"] if row["name"] == "ping01")
    assert (row["manager"], row["inside"], row["port"]) == ("networkd", "10.0.2.20", peer.port)
