"""A bond made under our own session, taken back, made again, changed live and booted with, for each network manager."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from lab import BondHost, Host, LabError
from tests.lab.bond_walker import BondWalker, planned
from tests.lab.recovery_walker import StepFailed

ALL = ("networkd", "netplan", "ifupdown", "keyfile", "ifcfg")
MANAGERS = [pytest.param(manager, marks=() if manager == "keyfile" else pytest.mark.repeated) for manager in ALL]
"""In each run NetworkManager here and networkd by the browser (tests/product); with `-m repeated` all of them here, and
there through both doors."""


def asked(host: Host, **values: Any) -> dict[str, Any]:
    options = {"primary": "eth1", "primary_reselect": "better", "miimon": 100, **values.pop("options", {})}
    plain = {"host": host.name, "name": "bond0", "ports": ["eth1", "eth0"], "options": options, "seconds": 180}
    return plain | values


def walker(host: Host, **values: Any) -> BondWalker:
    return BondWalker({host.name: host}, planned(host, asked(host, **values)))


def walked(change: BondWalker, host: Host) -> BondWalker:
    return ended_well(change, host, change.walk)


def ended_well(change: BondWalker, host: Host, way: Callable[[], BondWalker]) -> BondWalker:
    try:
        return way()
    except StepFailed as failed:
        pytest.fail(f"{failed.key}: {failed}\n{change.said}\n{change.found}\n{change.log(failed.key, host.name)}")


def network(host: Host) -> str:
    """What is to be the same before and after: addresses and default routes of each interface, and files."""
    return host.run(
        "ip -o -4 addr show scope global | awk '{print $2, $4}' | sort;"
        " ip -4 route show default | awk '{print $3, $5}';"
        " find /etc/network /etc/netplan /etc/systemd/network /etc/NetworkManager/system-connections"
        " /etc/sysconfig/network-scripts -type f -exec sha256sum {} + 2>/dev/null | sort",
        sudo=True,
    )


def bonded(host: BondHost, policy: str) -> None:
    """eth1 carries the traffic, eth0 stands by, and the bond has what eth0 had."""
    said = host.run(
        "cd /sys/class/net/bond0/bonding && cat active_slave primary primary_reselect miimon slaves;"
        " ip -o -4 addr show scope global | awk '{print $2, $4}'; ip -4 route show default | awk '{print $3, $5}'"
    )
    lines = said.splitlines()
    assert len(lines) > 5, f"no port is active, or none is in the bond: {said}"
    active, primary, reselect, miimon, ports, *network = lines
    assert (active, primary, reselect.split()[0], miimon) == ("eth1", "eth1", policy, "100"), said
    assert sorted(ports.split()) == ["eth0", "eth1"], said
    assert network == [f"bond0 {host.inside}/24", "10.0.2.2 bond0"], said


def comes_up_bonded(host: BondHost, policy: str) -> None:
    """After a boot a login may come before the last port is in the bond."""
    end = time.monotonic() + 120
    while True:
        try:
            return bonded(host, policy)
        except (AssertionError, LabError):
            if time.monotonic() > end:
                raise
        time.sleep(1)


def as_in_the_article(host: BondHost) -> None:
    """Every line of the article's three files is there, on the host, in its order."""
    port = ("ONBOOT=yes", "BOOTPROTO=none", "MASTER=bond0", "SLAVE=yes")
    wanted = {
        "eth0": ("DEVICE=eth0", f"HWADDR={host.mac(0).upper()}", *port),
        "eth1": ("DEVICE=eth1", f"HWADDR={host.mac(1).upper()}", *port),
        "bond0": (
            *("DEVICE=bond0", "ONBOOT=yes", "BOOTPROTO=static", "NETMASK=255.255.255.0", f"IPADDR={host.inside}"),
            *("MASTER=yes", 'BONDING_OPTS="mode=1 miimon=100 primary=eth1 primary_reselect=1"'),
        ),
    }
    for name, lines in wanted.items():
        there = host.run(f"cat /etc/sysconfig/network-scripts/ifcfg-{name}").splitlines()
        assert [line for line in there if line in lines] == [*lines], there


def nothing_left(host: Host) -> None:
    assert "regroup" not in host.run("systemctl list-timers --all; ls /etc/systemd/system/sysinit.target.wants")


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_bond_is_made_taken_back_made_again_changed_live_and_there_after_a_boot(net_host: Any, manager: str) -> None:
    host: BondHost = net_host(manager)
    before = network(host)
    first = walker(host)
    assert any("session" in said and "eth0" in said for said in first.plan.warnings)
    walked(first, host)
    if manager == "ifcfg":
        as_in_the_article(host)
    guard = f"/var/lib/regroup/{first.run}/guard"
    host.run(f"sh {guard}/revert.sh {guard} timer", sudo=True)
    bonded(host, "better")
    nothing_left(host)

    ended_well(first, host, first.undo)
    assert network(host) == before
    assert "bond0" not in host.run("ls /sys/class/net")
    nothing_left(host)

    walked(walker(host), host)
    live = walker(host, existing=True, options={"primary_reselect": "always"})
    assert live.plan.settings["live"]
    walked(live, host)
    bonded(host, "always")

    host.reboot()
    comes_up_bonded(host, "always")
