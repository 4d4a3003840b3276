"""Makes bonds on a lab host and writes down what it answered about its network, for the pure tests.

    .venv/bin/python -m tests.lab.network_capture

makes tests/networking/samples/answers/ anew. Run it again when a script of the facts changes; the answers are real
ones, never edited.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from lab import Host, Lab
from networking.facts.nics import AskBonds, AskNetwork
from tests.lab.recovery_walker import reach

SAMPLES = Path(__file__).parent.parent / "networking" / "samples" / "answers"

FILES = """
mkdir -p /etc/netplan /etc/NetworkManager/system-connections
printf 'network:\\n  version: 2\\n  wifis:\\n    wlan0:\\n      access-points:\\n' >/etc/netplan/50-wifi.yaml
printf '        "attic": {password: "to-the-attic"}' >>/etc/netplan/50-wifi.yaml
umask 077
printf '[connection]\\nid=attic\\n[wifi-security]\\nkey-mgmt=wpa-psk\\npsk=to-the-attic\\n' \\
    >/etc/NetworkManager/system-connections/attic.nmconnection
: >/etc/network/interfaces.d/empty
"""
BOND = """
modprobe bonding max_bonds=0
ip link add bond0 type bond mode active-backup miimon 100 primary_reselect better
ip link set eth0 down && ip link set eth1 down
ip link set eth0 master bond0 && ip link set eth1 master bond0
ip link set bond0 up && echo eth0 >/sys/class/net/bond0/bonding/primary
ip addr add 192.0.2.11/24 dev bond0
ip route add default via 192.0.2.1
ip link add link bond0 name bond0.100 type vlan id 100 && ip link set bond0.100 up
ip addr add 198.51.100.11/24 dev bond0.100
"""
HELD = "ip link set eth0 down && ethtool -s eth0 speed 100 duplex full && ip link set eth0 up"


def capture(scene: str, session: Any, *facts: Any) -> None:
    for fact in facts:
        result = session.run(fact.command())
        path = SAMPLES / f"{scene}.{fact.name}{'.lean' if getattr(fact, 'lean', False) else ''}.txt"
        path.write_bytes(result.stdout)
        print(path.name, result.status, path.stat().st_size, "bytes", file=sys.stderr)


def story(host: Host) -> None:
    session = reach(host)
    host.run(FILES, sudo=True)
    capture("plain", session, AskNetwork())
    host.run(BOND, sudo=True)
    capture("bond", session, AskNetwork(), AskBonds(), AskBonds(lean=True))
    host.run("ethtool -s eth0 speed 100 duplex full", sudo=True)
    capture("degraded", session, AskBonds())
    host.run(f"{HELD}; sleep 2", sudo=True)
    capture("held", session, AskBonds())
    host.set_link("eth0", up=False)
    host.run("sleep 2")
    capture("failed-over", session, AskBonds())


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        try:
            story(lab.start("app01"))
        finally:
            lab.down()


if __name__ == "__main__":
    main()
