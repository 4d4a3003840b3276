"""Where the lab's switches send a frame: ports, VLANs, what was learned. No sockets here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lab.bond_hosts import BOND_HOSTS, ROUTER

LINK_LOCAL = bytes.fromhex("0180c20000")
"""A bridge never passes on what is sent to 01:80:c2:00:00:0x: LLDP, LACP, spanning tree."""


@dataclass
class Port:
    """A port of a switch, with the host and NIC plugged into it.

    switch, label  by what names the switch announces it
    link           whether the cable is in; without it nothing passes and nothing is announced
    dead           the link stands and nothing passes either way, not even announcements
    announces      whether the switch sends LLDP there
    received, sent, dropped  frames, seen from the switch
    """

    host: str
    nic: str
    switch: str
    label: str
    vlan: int = 1
    link: bool = True
    dead: bool = False
    announces: bool = True
    received: int = 0
    sent: int = 0
    dropped: int = 0

    @property
    def name(self) -> str:
        return f"{self.host}-{self.nic}"

    @property
    def passes(self) -> bool:
        return self.link and not self.dead


def cabled() -> dict[str, Port]:
    """Every port as it is at first, by name."""
    ports = [Port(host.name, nic, *cable) for host in BOND_HOSTS for nic, cable in host.cables.items()]
    return {port.name: port for port in ports}


class Switches:
    """Switches joined by a trunk: they learn where an address is, and send what they do not know everywhere.

    A host's router port is for that host alone: each has a router with the same address.
    """

    def __init__(self) -> None:
        self.ports = cabled()
        self.trunk = True
        self.learned: dict[tuple[int, bytes], Port] = {}
        self._routers: dict[tuple[str, bytes], Port] = {}

    def forward(self, frame: bytes, source: Port) -> list[Port]:
        """The ports that get `frame`, which came in at `source`."""
        source.received += 1
        if not source.passes or len(frame) < 14:
            return []
        to, sender = frame[:6], frame[6:12]
        if source.nic == ROUTER:
            self._routers[source.host, sender] = source
        else:
            self.learned[source.vlan, sender] = source
        if to[:5] == LINK_LOCAL and to[5] < 16:
            return []
        known = self._routers.get((source.host, to)) or self.learned.get((source.vlan, to))
        candidates = [known] if known and not to[0] & 1 else self.ports.values()
        return [port for port in candidates if self._joined(source, port)]

    def _joined(self, one: Port, other: Port) -> bool:
        if one is other or one.vlan != other.vlan or not other.passes:
            return False
        if ROUTER in (one.nic, other.nic) and one.host != other.host:
            return False
        return one.switch == other.switch or self.trunk

    def change(self, port: Port, values: dict[str, object]) -> None:
        """Set fields of a port. A port that loses its link or moves is forgotten, as a switch does."""
        for name, value in values.items():
            if name not in {"switch", "label", "vlan", "link", "dead", "announces"}:
                raise ValueError(f"a port has no {name!r} to set")
            setattr(port, name, value)
        if not port.link or "vlan" in values or "switch" in values:
            self.forget(port)

    def forget(self, port: Port) -> None:
        self.learned = {key: known for key, known in self.learned.items() if known is not port}

    def reset(self, host: str) -> None:
        """Plug the host's NICs in as at first; all hosts' and the trunk, where `host` is empty."""
        first = cabled()
        for name, port in self.ports.items():
            if not host or port.host == host:
                self.forget(port)
                fresh = replace(first[name], received=port.received, sent=port.sent, dropped=port.dropped)
                vars(port).update(vars(fresh))
        self.trunk = self.trunk or not host
