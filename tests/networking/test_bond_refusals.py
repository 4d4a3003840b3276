"""Each reason not to make a bond is one sentence, and nothing is planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from networking.facts.values import Managers, NetFile
from tests.networking.plans import NETWORKD, bonded, host, planned, refused


def with_nic(name: str, **values: object):
    return host(nics=tuple(replace(each, **values) if each.name == name else each for each in host().nics))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"ports": ["eth1", "eth7"]}, "There is no port eth7 on web01. It has: eth0, eth1."),
        ({"ports": ["eth0"]}, "bond0 needs two ports to fail over between; it has 1."),
        ({"options": {"primary": "eth5"}}, "eth5 is to be the primary, but is not among the ports"),
        ({"options": {"miimon": 0}}, "miimon is 0: the kernel would not notice a dead link."),
        ({"options": {"updelay": 150}}, "updelay=150 is no multiple of miimon=100"),
        ({"options": {"mode": "802.3ad"}}, "Regroup makes active-backup bonds only"),
        ({"options": {"speed": 1}}, "there is no speed"),
        ({"options": {"miimon": "often"}}, "miimon is a number, not 'often'"),
        ({"name": "0bond"}, "is no name for an interface"),
        ({"name": "eth0", "ports": ["eth1", "eth2"]}, "eth0 is an interface (nic) of web01 already."),
        ({"seconds": 300}, "stays within 200; not after 300."),
        ({"existing": True}, "There is no bond bond0 on web01; ask for a new one."),
        (
            {"addressing": {"method": "static", "addresses": ["10.0.2.15/24"], "gateways": ["10.0.3.1"]}},
            "The gateway 10.0.3.1 is in no network of bond0",
        ),
        ({"addressing": {"method": "static", "addresses": ["10.0.2/24"]}}, "Write addresses such as 10.0.2.15/24."),
        ({"mtu": 7}, "An MTU is a number from 68 to 65535, not 7."),
    ],
)
def test_a_request_that_cannot_be(asked, sentence):
    assert sentence in refused(**asked)


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        (with_nic("eth1", master="bond7"), "eth1 is part of bond7 already."),
        (with_nic("eth1", master="br0"), "eth1 is part of br0 already."),
        (with_nic("eth1", uppers=("eth1.20",)), "eth1 carries eth1.20"),
        (with_nic("eth1", kind="vlan"), "eth1 is no port but a vlan"),
        (with_nic("eth1", permanent_address=""), "eth1 has no permanent MAC address"),
        (
            with_nic("eth1", driver="virtio_net", speed_mbps=None, nominal_mbps=None),
            "eth1 does not tell its speed (virtio_net says Unknown)",
        ),
        (host(managers=Managers({}, NETWORKD.tools)), "but that does not run on this host"),
        (host(managers=replace(NETWORKD, tools=("ip",))), "has no way to arm a revert"),
        (bonded(), "bond0 is a bond of web01 already."),
        (host(files=()), "No network manager configures bond0, eth0, eth1"),
        (
            host(files=(NetFile("/etc/systemd/network/10-eth0.network", "[Match]\nName=eth0\n"),)),
            "10.0.2.15/24 of eth0 would be gone",
        ),
    ],
)
def test_a_host_that_is_not_fit(on, sentence):
    assert sentence in refused(on)


def test_a_hook_that_networkmanager_runs_and_that_takes_ports_out():
    connection = "[connection]\nid=eth0\ntype=ethernet\ninterface-name=eth0\n"
    profile = f"{connection}\n[ipv4]\nmethod=manual\naddress1=10.0.2.15/24\n"
    files = (NetFile("/etc/NetworkManager/system-connections/eth0.nmconnection", profile, "0600"),)
    tools = (*NETWORKD.tools, "ifenslave-dispatched")
    managers = Managers({"keyfile": "NetworkManager is active"}, tools)
    assert "Purge ifenslave (apt purge ifenslave" in refused(host(managers=managers, files=files))
    without = replace(managers, tools=NETWORKD.tools)
    assert planned(host(managers=without, files=files)).settings["manager"] == "keyfile"
    assert planned(host(managers=replace(NETWORKD, tools=tools))).settings["manager"] == "networkd"


def test_two_managers_that_both_speak_of_the_port():
    managers = Managers({"networkd": "is active", "ifcfg": "the network service is active"}, NETWORKD.tools)
    ifcfg = NetFile("/etc/sysconfig/network-scripts/ifcfg-eth0", "DEVICE=eth0\nBOOTPROTO=none\nIPADDR=10.0.2.15\n")
    said = refused(host(managers=managers, files=(*host().files, ifcfg)))
    assert "Two network managers claim the same NICs" in said
    assert "ifcfg-eth0" in said
    assert "10-eth0.network" in said


def test_a_manager_that_merely_runs_beside_is_no_second_one():
    managers = Managers({"networkd": "is active", "ifcfg": "the network service is active"}, NETWORKD.tools)
    assert planned(host(managers=managers)).settings["manager"] == "networkd"


def test_a_quote_that_is_never_closed_is_named_by_file_and_line():
    text = 'DEVICE=eth0\nBOOTPROTO=none\nIPADDR="10.0.2.15\nPREFIX=24\n'
    file = NetFile("/etc/sysconfig/network-scripts/ifcfg-eth0", text)
    said = refused(host(managers=Managers({"ifcfg": "is active"}, NETWORKD.tools), files=(file,)))
    assert "/etc/sysconfig/network-scripts/ifcfg-eth0, line 3:" in said


def test_a_file_that_was_not_read_whole_is_not_written():
    files = tuple(replace(file, whole=False) for file in host().files)
    assert "holds a secret, is too large or is no text" in refused(host(files=files))


def test_a_bond_that_is_as_asked_already():
    assert "is as asked already; there is nothing to do" in refused(bonded(), existing=True)


def test_a_bond_that_no_file_knows_has_no_way_back():
    assert "no file of systemd-networkd says so" in refused(replace(bonded(), files=host().files), existing=True)
