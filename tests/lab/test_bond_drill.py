"""Drills of a bond that carries management: the traffic moves and comes back as the policy says, seen by packets."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest

from changes.plan import Call
from lab import BondHost
from lab.errors import LabError
from lab.gaps import measured
from networking.drill.facts import AskPings
from networking.drill.kind import KIND
from networking.scripts import script
from ssh.facts import SessionAsk
from tests.lab.bond_walker import BondWalker, planned
from tests.lab.recovery_walker import reach

BONDED = """
cd /etc/systemd/network
printf '[NetDev]\\nName=bond0\\nKind=bond\\n[Bond]\\nMode=active-backup\\nMIIMonitorSec=100ms\\n' >10-bond0.netdev
printf '[Match]\\nName=eth1\\n[Network]\\nBond=bond0\\nPrimarySlave=true\\n' >10-bond0-eth1.network
printf '[Match]\\nName=eth0\\n[Network]\\nBond=bond0\\n' >10-bond0-eth0.network
sed s/eth0/bond0/ 10-eth0.network >10-bond0.network
rm 10-eth0.network
systemd-run --quiet networkctl reload
"""
STATE = "cd /sys/class/net && cat bond0/bonding/active_slave bond0/bonding/slaves eth1/speed"
WELL = ["eth1", "eth0 eth1", "10000"]


def well(host: BondHost) -> list[str]:
    """Active port, ports, the fast one's speed; fewer lines while no port is active yet."""
    return [" ".join(sorted(line.split())) for line in host.run(STATE).splitlines()]


@pytest.fixture(scope="module")
def bonded(net_host: Any) -> BondHost:
    """networkd's host with a bond of the port that carries management, the fast one as primary."""
    host: BondHost = net_host("networkd")
    host.run(BONDED, sudo=True)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(LabError):
            if well(host) == WELL:
                return host
        time.sleep(1)
    raise AssertionError(host.run(f"{STATE}; ip addr", check=False))


@pytest.mark.parametrize("policy", ["better", pytest.param("always", marks=pytest.mark.repeated), "failure"])
def test_the_traffic_moves_and_comes_back_as_the_policy_says(bonded: BondHost, peer: BondHost, policy: str) -> None:
    bonded.run(f"echo {policy} >/sys/class/net/bond0/bonding/primary_reselect", sudo=True)
    params = {"host": bonded.name, "bond": "bond0", "witness": peer.name, "slowed": policy == "better", "seconds": 180}
    drill = BondWalker({bonded.name: bonded, peer.name: peer}, planned(bonded, params, KIND), KIND)
    with measured(peer, bonded.inside) as gaps:
        drill.walk()
    said, counted = drill.found["drill"], drill.found["count"]
    assert said["plain_moved_to"] == "eth0"
    assert said["plain_then"] == ("eth0" if policy == "failure" else "eth1")
    assert said.get("slowed_then", "eth0") == "eth0"
    assert int(said["failures_after"]) > int(said["failures_before"])
    assert well(bonded) == WELL
    assert counted["received"] > 0
    assert counted["longest_gap_ms"] == max(counted["gaps_ms"], default=0) <= gaps.silent_ms + 250


def test_a_drill_that_is_left_alone_is_ended_by_the_host(bonded: BondHost) -> None:
    params = {"host": bonded.name, "bond": "bond0", "seconds": 180}
    drill = BondWalker({bonded.name: bonded}, planned(bonded, params, KIND), KIND)
    with drill:
        for step in (drill.plan.step("snapshot"), drill.plan.step("arm")):
            drill._step(step.key, step.host, step.command, (), step.verify)
    directory = f"/var/lib/regroup/{drill.run}/guard"
    bonded.run(f"touch {directory}/applying; ip link set eth1 down", sudo=True)
    bonded.run(f"sh {directory}/revert.sh {directory} timer; systemctl stop 'regroup-{drill.run}*.timer'", sudo=True)
    assert well(bonded) == WELL
    assert "carries the traffic" in bonded.run(f"cat {directory}/revert.log", sudo=True)


def test_pings_go_out_until_they_are_counted(bonded: BondHost, peer: BondHost) -> None:
    with reach(peer) as session:
        directory = "/var/lib/regroup/pinging/pings"
        for name, words in (("watch", (bonded.inside, "0.05", "60")), ("count", ())):
            done = session.run(Call((directory, *words), script=script(name)).resolve({}))
            assert done.status == 0, done.error_text
        pings = SessionAsk(session)(AskPings(directory))
    assert pings.ended
    assert pings.received == pings.last > 0
    assert "ping -n -D" not in peer.run("ps -e -o args")
