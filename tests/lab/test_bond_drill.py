"""A drill of a real bond on a host's spare ports: the traffic moves, and comes back as the policy says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from changes.plan import Call
from lab import Host
from networking.drill.facts import AskPings
from networking.drill.kind import KIND
from networking.scripts import script
from ssh.facts import SessionAsk
from tests.lab.bond_walker import BondWalker, planned
from tests.lab.recovery_walker import reach

pytestmark = pytest.mark.unproven

BOND = """
modprobe bonding max_bonds=0
ip link del bond0 2>/dev/null
ip link add bond0 type bond mode active-backup miimon 100
for port in eth0 eth1; do ip link set $port down; ip addr flush dev $port; ip link set $port master bond0; done
ip link set bond0 up
ip addr add 192.0.2.1/24 dev bond0
sleep 1
echo eth0 >/sys/class/net/bond0/bonding/primary
"""


@pytest.fixture(scope="module")
def bonded(module_app01: Host) -> Iterator[Host]:
    module_app01.run(BOND, sudo=True)
    yield module_app01
    module_app01.run("ip link del bond0", sudo=True)


@pytest.mark.parametrize("policy", ["better", "always", "failure"])
def test_the_traffic_moves_and_comes_back_as_the_policy_says(bonded: Host, policy: str) -> None:
    bonded.run(f"echo {policy} >/sys/class/net/bond0/bonding/primary_reselect", sudo=True)
    params = {"host": "app01", "bond": "bond0", "slowed": policy == "better", "seconds": 180}
    drill = BondWalker({"app01": bonded}, planned(bonded, params, KIND), KIND).walk()
    said = drill.found["drill"]
    assert said["plain_moved_to"] == "eth1"
    assert said["plain_then"] == ("eth1" if policy == "failure" else "eth0")
    assert said.get("slowed_then", "eth1") == "eth1"
    assert int(said["failures_after"]) > int(said["failures_before"])
    assert bonded.run("cat /sys/class/net/bond0/bonding/active_slave").strip() == "eth0"
    assert bonded.run("cat /sys/class/net/eth0/speed").strip() == "10000"


def test_a_drill_that_is_left_alone_is_ended_by_the_host(bonded: Host) -> None:
    params = {"host": "app01", "bond": "bond0", "seconds": 180}
    drill = BondWalker({"app01": bonded}, planned(bonded, params, KIND), KIND)
    steps = {step.key: step for step in drill.plan.steps}
    with drill:
        for key in ("snapshot", "arm"):
            drill._step(key, "app01", steps[key].command, (), steps[key].verify)
    directory = f"/var/lib/regroup/{drill.run}/guard"
    bonded.run(f"touch {directory}/applying; ip link set eth0 down", sudo=True)
    bonded.run(f"sh {directory}/revert.sh {directory} timer; systemctl stop 'regroup-{drill.run}*.timer'", sudo=True)
    assert bonded.run("cat /sys/class/net/bond0/bonding/active_slave").strip() == "eth0"
    assert "carries the traffic" in bonded.run(f"cat {directory}/revert.log", sudo=True)


def test_pings_go_out_until_they_are_counted(bonded: Host) -> None:
    with reach(bonded) as session:
        directory = "/var/lib/regroup/pinging/pings"
        for name, words in (("watch", ("192.0.2.1", "0.05", "60")), ("count", ())):
            done = session.run(Call((directory, *words), script=script(name)).resolve({}))
            assert done.status == 0, done.error_text
        pings = SessionAsk(session)(AskPings(directory))
    assert pings.ended
    assert pings.received == pings.last > 0
    assert "ping" not in bonded.run("ps -e -o comm")
