"""Which network managers run, with what they were seen by."""

from __future__ import annotations

import pytest

from networking.facts.managers import parse_managers
from networking.facts.values import NetFile
from tests.networking.facts.answers import network

IFCFG = NetFile("/etc/sysconfig/network-scripts/ifcfg-eth0", "")
LOOPBACK = NetFile("/etc/sysconfig/network-scripts/ifcfg-lo", "")
NETPLAN = NetFile("/etc/netplan/01.yaml", "")


@pytest.mark.parametrize(
    ("text", "tools", "files", "active"),
    [
        ("active inactive inactive inactive", "", [], {"keyfile": "NetworkManager is active"}),
        ("active inactive inactive inactive\nifcfg-rh", "", [LOOPBACK], {"keyfile": "NetworkManager is active"}),
        (
            "active inactive inactive inactive\nifcfg-rh\ninitscripts",
            "",
            [LOOPBACK, IFCFG],
            {
                "keyfile": "NetworkManager is active",
                "ifcfg": f"NetworkManager is active and reads {IFCFG.path} by its ifcfg-rh plugin",
            },
        ),
        (
            "inactive inactive inactive active\ninitscripts",
            "",
            [IFCFG],
            {"ifcfg": "the network service of initscripts is active"},
        ),
        ("inactive inactive active inactive", "", [], {}),
        (
            "inactive active inactive inactive",
            "netplan",
            [NETPLAN],
            {"netplan": "netplan is there, with /etc/netplan/01.yaml", "networkd": "systemd-networkd is active"},
        ),
        ("", "", [NETPLAN], {}),
    ],
)
def test_units_plugins_and_files_together_tell(text, tools, files, active):
    assert parse_managers(text, tools, files, "test").active == active


def test_a_lab_host_runs_networkd_beside_ifupdown():
    assert set(network("plain").managers.active) == {"networkd", "ifupdown"}


def test_name_servers_are_those_that_resolved_asks_where_it_stands_before_them():
    own, asked = "/etc/resolv.conf:nameserver 127.0.0.53", "/run/systemd/resolve/resolv.conf:nameserver 192.0.2.53"
    assert network("plain", dns=f"{own}\n{asked}").dns == ("192.0.2.53",)
    assert network("plain", dns=own).dns == ("127.0.0.53",)
    assert network("plain", dns="/etc/resolv.conf:nameserver 192.0.2.1\n/etc/resolv.conf:nameserver").dns == (
        "192.0.2.1",
    )
    assert network("plain", dns="").dns == ()
