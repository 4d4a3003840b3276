"""A lab host's answer becomes its network: interfaces, bonds, routes, and how we are there."""

from __future__ import annotations

from networking.facts.nics import AskBonds, AskNetwork
from networking.facts.values import KernelRoute, Network
from tests.networking.facts.answers import answer, network


def test_it_is_one_command_as_root():
    command = AskNetwork().command()
    assert command.sudo
    assert command.argv[:2] == ("sh", "-c")


def test_a_port_shows_its_speed_bus_driver_and_own_address_although_it_carries_the_bonds():
    eth1 = network("bond").nic("eth1")
    assert (eth1.kind, eth1.driver, eth1.bus) == ("nic", "virtio_net", "0000:00:07.0")
    assert (eth1.address, eth1.permanent_address) == ("52:54:00:a0:01:00", "52:54:00:a0:01:01")
    assert (eth1.speed_mbps, eth1.duplex, eth1.up, eth1.carrier) == (1000, "full", True, True)
    assert (eth1.master, eth1.uppers) == ("bond0", ("bond0",))


def test_where_the_driver_names_no_modes_the_speed_shown_is_nominal_and_says_so():
    eth0 = network("bond").nic("eth0")
    assert (eth0.nominal_mbps, eth0.nominal_by) == (10000, "sight")
    eth2 = network("bond").nic("eth2")
    assert (eth2.speed_mbps, eth2.nominal_mbps, eth2.nominal_by) == (None, None, "")


def test_the_bond_has_its_status_its_options_by_name_and_its_text():
    bond = network("bond").bond("bond0")
    assert (bond.status.active, bond.status.primary_reselect) == ("eth0", "better")
    assert bond.options["primary_reselect"] == "better"
    assert bond.options["mode"] == "active-backup"
    assert bond.options["slaves"] == "eth0 eth1"
    assert bond.text.startswith("Ethernet Channel Bonding Driver: v6.1")
    assert bond.text.endswith("Slave queue ID: 0\n")


def test_a_vlan_stands_on_the_bond_and_has_addresses():
    found = network("bond")
    assert found.nic("bond0").uppers == ("bond0.100",)
    assert found.nic("bond0.100").kind == "vlan"
    assert found.nic("bond0.100").addresses[0] == "198.51.100.11/24"
    assert found.nic("lo").addresses == ()


def test_routes_of_both_families_are_there():
    routes = network("bond").routes
    assert KernelRoute("default", "192.0.2.1", "bond0", "boot", 0) in routes
    assert KernelRoute("10.0.2.0/24", "", "eth2", "kernel", 0, "10.0.2.15") in routes
    assert any(route.to == "fe80::/64" for route in routes)


def test_a_host_without_bonds_has_none():
    found = network("plain")
    assert found.bonds == ()
    assert found.nic("eth0").master == ""


def test_we_know_over_which_interface_we_are_there_although_sudo_drops_it():
    found = network("bond")
    assert (found.session_device, found.session_peer) == ("eth2", "10.0.2.2")


def test_the_host_says_who_it_is_and_what_it_has():
    found = network("bond")
    assert (found.hostname, len(found.machine_id), len(found.boot_id)) == ("app01", 32, 36)
    assert found.kernel.startswith("6.1.")
    assert {"ip", "ethtool", "systemd-run", "ifup"} <= set(found.managers.tools)
    assert found.lldp == "networkctl"


def test_a_network_survives_json():
    for name in ("plain", "bond"):
        assert Network.from_json(network(name).to_json()) == network(name)


def test_the_sweep_asks_without_root_and_gets_the_same_interfaces_and_bonds():
    assert not AskBonds().command().sudo
    seen = AskBonds().parse(answer("bond.bonds"))
    assert seen.nics == network("bond").nics
    assert seen.bond("bond0") == network("bond").bond("bond0")


def test_the_lean_sweep_leaves_out_addresses_and_neighbours():
    seen = AskBonds(lean=True).parse(answer("bond.bonds.lean"))
    assert seen.bond("bond0").status.active == "eth0"
    assert seen.nic("eth0").speed_mbps == 10000
    assert seen.nic("bond0").addresses == ()
    assert seen.lldp == ""
    assert seen.nic("nowhere") is None
