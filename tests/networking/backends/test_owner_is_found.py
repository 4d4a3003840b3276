"""Which manager the interfaces belong to; the shapes are those of hosts with one manager, with two, with none."""

import re

import pytest

from networking.backends.registry import BACKENDS, configured, owner_of
from networking.bonding.model import Port
from networking.facts.values import NetFile, Network
from tests.networking.backends.hosts import network, nic

IFCFG = {"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO=dhcp\n"}
UNMANAGED = {"/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nNM_CONTROLLED=no\n"}
KEYFILE = {"/etc/NetworkManager/system-connections/a": "[connection]\ntype=ethernet\ninterface-name=eth0\n"}
NETWORKD = {"/etc/systemd/network/a.network": "[Match]\nName=eth*\n[Network]\nDHCP=yes\n"}
NETPLAN = {"/etc/netplan/a.yaml": "network: {ethernets: {eth0: {dhcp4: yes}}}\n"}
IFUPDOWN = {"/etc/network/interfaces": "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet dhcp\n"}
MADE = {
    "/run/systemd/network/10-netplan-eth0.network": "[Match]\nName=eth0\n[Network]\nDHCP=yes\n",
    "/run/NetworkManager/system-connections/netplan-eth0.nmconnection": KEYFILE[next(iter(KEYFILE))],
}
LO = {"/etc/network/interfaces": "auto lo\niface lo inet loopback\n"}


def host(files: dict[str, str], *active: str, tools: tuple[str, ...] = ()) -> Network:
    eth0, eth1 = nic("eth0"), nic("eth1", permanent_address="52:54:00:a0:01:01")
    return network(eth0, eth1, files=files, active={key: f"{key} is active" for key in active}, tools=tools)


@pytest.mark.parametrize(
    ("files", "active", "key"),
    [
        (IFCFG, ("ifcfg",), "ifcfg"),
        (IFCFG, ("ifcfg", "keyfile"), "ifcfg"),
        ({**UNMANAGED, **KEYFILE}, ("ifcfg", "keyfile"), "ifcfg"),
        (KEYFILE, ("keyfile",), "keyfile"),
        ({**KEYFILE, **LO}, ("keyfile", "ifupdown"), "keyfile"),
        ({}, ("keyfile",), "keyfile"),
        (NETWORKD, ("networkd",), "networkd"),
        ({**NETPLAN, **MADE}, ("netplan", "networkd", "keyfile"), "netplan"),
        (IFUPDOWN, ("ifupdown",), "ifupdown"),
        ({**IFUPDOWN, **NETWORKD}, ("ifupdown",), "ifupdown"),
    ],
)
def test_one_manager_owns_the_interfaces(files: dict[str, str], active: tuple[str, ...], key: str) -> None:
    owner = owner_of(host(files, *active))

    assert (owner.key, owner.refusal) == (key, "")
    assert owner.backend is BACKENDS[key]


@pytest.mark.parametrize(
    ("files", "active", "words"),
    [
        ({**IFUPDOWN, **KEYFILE}, ("ifupdown", "keyfile"), "Two network managers claim the same NICs: NetworkManager"),
        ({**IFCFG, **KEYFILE}, ("ifcfg", "keyfile"), "configures eth0 in /etc/sysconfig"),
        ({**NETPLAN, **NETWORKD}, ("netplan", "networkd"), "netplan configures eth0 in /etc/netplan/a.yaml"),
        (NETWORKD, ("ifupdown",), "systemd-networkd configures eth0 .* does not run on this host"),
        (LO, ("ifupdown",), r"No network manager configures eth0, eth1 \(ifupdown is active\)"),
        ({}, (), "none runs"),
    ],
)
def test_two_managers_or_none_are_refused_in_a_sentence(
    files: dict[str, str], active: tuple[str, ...], words: str
) -> None:
    owner = owner_of(host(files, *active))

    assert re.search(words, owner.refusal)
    assert owner.backend is None


def test_only_the_interfaces_concerned_count() -> None:
    files = {**IFUPDOWN, "/etc/systemd/network/b.network": "[Match]\nName=eth1\n[Network]\nDHCP=yes\n"}

    assert owner_of(host(files, "ifupdown", "networkd"), ["eth1"]).key == "networkd"
    assert owner_of(host(files, "ifupdown", "networkd"), ["eth0", "eth1"]).refusal


def test_ifupdown_without_ifenslave_makes_no_bond() -> None:
    assert "package ifenslave" in owner_of(host(IFUPDOWN, "ifupdown", tools=("ifup", "ifdown"))).refusal
    assert owner_of(host(IFUPDOWN, "ifupdown", tools=("ifup", "ifenslave"))).key == "ifupdown"


def test_interfaces_that_files_know_by_hardware_or_pattern_get_their_names() -> None:
    files = {
        "/etc/systemd/network/a.network": "[Match]\nPermanentMACAddress=52:54:00:a0:01:01\n[Network]\nDHCP=yes\n",
        "/etc/systemd/network/b.network": "[Match]\nName=eth*\n[Network]\nAddress=10.0.2.15/24\n",
    }

    read = configured(host(files, "networkd"), "networkd")

    assert {name: addressing.method for name, addressing in read.plain.items()} == {"eth0": "static", "eth1": "dhcp"}
    assert read.owner["eth1"] == "/etc/systemd/network/a.network"


def test_a_port_and_primary_that_files_know_by_hardware_get_their_names() -> None:
    address, member = "52:54:00:a0:01:01", "[Network]\nBond=bond0\nPrimarySlave=1\n"
    files = {
        "/etc/systemd/network/b.netdev": "[NetDev]\nName=bond0\nKind=bond\n",
        "/etc/systemd/network/p.network": f"[Match]\nPermanentMACAddress={address}\n{member}",
    }

    bond = configured(host(files, "networkd"), "networkd").bonds[0]

    assert bond.ports == (Port("eth1", address),)
    assert bond.options.primary == "eth1"


def test_a_profile_that_others_may_read_is_a_flaw() -> None:
    path, text = next(iter(KEYFILE.items()))
    open_to_all = host(KEYFILE, "keyfile")
    closed = Network(**{**_fields(open_to_all), "files": (NetFile(path, text, "0600"),)})

    assert "NetworkManager reads a profile only if" in configured(open_to_all, "keyfile").flaws[0].sentence
    assert configured(closed, "keyfile").flaws == ()


def _fields(value: Network) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__slots__}
