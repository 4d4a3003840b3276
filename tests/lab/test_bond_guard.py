"""The guard on a real host: systemd's timer, and a bond of real ports. A boot in between: `test_bond_sabotage`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Host
from networking.mending import kernel_script
from tests.lab.recovery_walker import reach
from tests.networking.guarded import Guarded
from tests.networking.hosts import network, nic

FILE, NEW = "/etc/regroup-test/eth0.conf", "/etc/regroup-test/bond0.conf"
AS_BEFORE, AS_WANTED = "eth0.conf plain\n", "bond0.conf bond\neth0.conf port\n"
BOND = """
ip link add bond0 type bond mode active-backup miimon 100
for port in eth0 eth1; do ip link set $port down; ip addr flush dev $port; ip link set $port master bond0; done
ip link set bond0 up
ip addr add 192.0.2.1/24 dev bond0
"""


def plain(host: Host) -> None:
    """Its spare ports are managed by a file that nobody reads: eth0 has an address, eth1 nothing."""
    host.run(
        "modprobe bonding max_bonds=0; mkdir -p /etc/regroup-test; rm -f /etc/regroup-test/*;"
        " echo plain >/etc/regroup-test/eth0.conf; ip link del bond0 2>/dev/null; ip addr flush dev eth0;"
        " ip link set eth0 up; ip addr add 192.0.2.1/24 dev eth0",
        sudo=True,
    )


@pytest.fixture
def change(module_app01: Host) -> Iterator[Guarded]:
    plain(module_app01)
    with reach(module_app01) as session:
        yield Guarded(session)
    module_app01.run("systemctl stop 'regroup-t*.timer' 2>/dev/null; true", sudo=True)


def ready(change: Guarded) -> Guarded:
    before = network(nics=(nic("eth0", addresses=("192.0.2.1/24",)), nic("eth1")), routes=())
    return change.saved({FILE: "plain\n", NEW: None}, kernel=kernel_script(before, "bond0", ("eth0", "eth1")))


def apply(change: Guarded) -> None:
    status, said = change.applied({FILE: "port\n", NEW: "bond\n"}, BOND)
    assert status == 0, said


def files(host: Host) -> str:
    return host.run("cd /etc/regroup-test && for f in *; do echo $f $(sudo cat $f); done")


def has_bond(host: Host) -> bool:
    return "bond0" in host.run("ls /sys/class/net")


def test_a_timer_of_systemd_gives_files_and_addresses_back(module_app01: Host, change: Guarded) -> None:
    change.seconds = 25
    ready(change).armed("systemd")
    assert change.look().alive
    apply(change)
    state = change.until(lambda state: state.reverted)
    assert (state.armed["how"], state.reverted["how"], state.reverted["status"]) == ("systemd", "timer", "0"), state
    late = int(state.reverted["begun"]) - int(state.armed["until"])
    assert 0 <= late <= 5, state
    assert files(module_app01) == AS_BEFORE
    assert not has_bond(module_app01)
    assert "192.0.2.1/24" in module_app01.run("ip -o addr show dev eth0")
    assert "by hand" in state.log
    assert not change.look().alive


def test_a_confirmed_bond_stays_and_no_timer_is_left(module_app01: Host, change: Guarded) -> None:
    ready(change)
    change.ok(change.guard.boot_guard())
    change.armed()
    apply(change)
    change.ok(change.guard.confirm())
    change.ok(change.guard.tidy())
    change.revert("timer")
    state = change.look()
    assert (state.decided, state.alive, state.boot_guard, dict(state.reverted)) == ("confirm", False, False, {})
    assert files(module_app01) == AS_WANTED
    assert has_bond(module_app01)
    assert "regroup" not in module_app01.run("systemctl list-timers --all; ls /etc/systemd/system/sysinit.target.wants")
