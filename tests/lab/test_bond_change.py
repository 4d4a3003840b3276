"""A bond made under our own session, taken back by hand and by the host itself, for each network manager."""

from __future__ import annotations

from typing import Any

import pytest

from lab import Host
from tests.lab.bond_walker import BondWalker, planned
from tests.lab.recovery_walker import StepFailed

pytestmark = pytest.mark.unproven

MANAGERS = ("networkd", "ifupdown", "keyfile", "netplan", "ifcfg")


def asked(host: Host, **values: Any) -> dict[str, Any]:
    options = {"primary": "eth1", "primary_reselect": "better", "miimon": 100}
    plain = {"host": host.name, "name": "bond0", "ports": ["eth1", "eth0"], "options": options, "seconds": 180}
    return plain | values


def walker(host: Host, **values: Any) -> BondWalker:
    return BondWalker({host.name: host}, planned(host, asked(host, **values)))


def network(host: Host) -> dict[str, Any]:
    """What is to be the same before and after: addresses and default routes of each interface, and files."""
    return {
        "addresses": sorted(host.run("ip -o -4 addr show scope global | awk '{print $2, $4}'").splitlines()),
        "routes": host.run("ip -4 route show default | awk '{print $3, $5}'").strip(),
        "files": host.run(
            "find /etc/network /etc/netplan /etc/systemd/network /etc/NetworkManager/system-connections"
            " /etc/sysconfig/network-scripts -type f -exec sha256sum {} + 2>/dev/null | sort",
            sudo=True,
        ),
    }


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_bond_is_made_under_our_own_session_and_taken_back(net_host: Any, manager: str) -> None:
    host: Host = net_host(manager)
    before = network(host)
    change = walker(host)
    assert any("session" in said and "eth0" in said for said in change.plan.warnings)
    try:
        change.walk()
    except StepFailed as failed:
        pytest.fail(f"{failed.key}: {failed}\n{change.said}\n{change.found}\n{change.log('apply', host.name)}")
    assert host.run("cat /sys/class/net/bond0/bonding/active_slave").strip() == "eth1"
    assert "better" in host.run("cat /sys/class/net/bond0/bonding/primary_reselect")
    assert any("bond0" in line for line in network(host)["addresses"])
    change.undo()
    assert network(host) == before
    assert "bond0" not in host.run("ls /sys/class/net")
    assert "regroup" not in host.run("systemctl list-timers --all; ls /etc/systemd/system/sysinit.target.wants")
