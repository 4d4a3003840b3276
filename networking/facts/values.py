"""A host's network as it is now: values only. `facts.nics` asks for it in one round trip; parsers stand beside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from changes.plan import Json
from networking.bonding.status import BondStatus, PortStatus


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What LLDP says stands at the other end of a port: switch and port by name, as the switch gives them."""

    switch: str
    port: str
    switch_id: str = ""
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Nic:
    """A network interface. Speeds in Mb/s; None for unknown.

    kind               nic, bond, vlan, bridge, loopback, or the kernel's word for others
    address            MAC address now; a port of a bond carries the bond's
    permanent_address  what the hardware was born with; empty where it has none
    nominal_mbps       the largest supported speed; where the driver names none (virtio), the speed it shows now
    nominal_by         who says the nominal speed: “driver”, or “sight” for the speed shown now; empty for nobody
    up                 admin up; `carrier` is the link, None where it cannot be known (admin down)
    master             bond or bridge that it is part of
    uppers             what stands on it: vlans, bridges, macvlans
    addresses          "10.0.2.15/24", with scope global or link
    passing            those of them that end unless they are renewed: by DHCP, or by router advertisement
    """

    name: str
    index: int
    kind: str
    address: str
    permanent_address: str
    driver: str
    up: bool
    carrier: bool | None
    mtu: int
    speed_mbps: int | None
    nominal_mbps: int | None
    duplex: str | None
    master: str
    uppers: tuple[str, ...]
    addresses: tuple[str, ...]
    neighbour: Neighbour | None = None
    bus: str = ""
    nominal_by: str = ""
    passing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KernelRoute:
    """A route of the main table: `to` is "default" or a network, `via` empty on the link."""

    to: str
    via: str
    device: str
    protocol: str
    metric: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class BondNow:
    """A bond that runs: /proc's text read, sysfs's options by name, and the text itself as evidence."""

    name: str
    status: BondStatus
    options: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class NetFile:
    """A configuration file of some network manager; `mode` in octal digits.

    whole  False where secrets in it are masked, more than 64 KiB are cut off, or it is no text: such a file can be
           read but must never be written back
    """

    path: str
    text: str
    mode: str = "0644"
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Managers:
    """Which network managers the host has and runs: names of `backends`, with what they were seen by.

    active  key of a back-end → evidence that it runs here now. Several may: netplan writes for networkd or
            NetworkManager, which reads ifcfg files too where it has the plugin
    tools   programs that are there: nmcli, networkctl, netplan, ifup, ifdown, systemd-run, at, lldpctl …
    """

    active: Mapping[str, str]
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a host comes up with: its network managers, and their files."""

    managers: Managers
    files: tuple[NetFile, ...]


@dataclass(frozen=True, slots=True)
class Bonds:
    """What the fleet's pages show of a host: its interfaces and bonds. `machine_id` is empty before RHEL 7.

    lldp  how neighbours were asked for: lldpctl, networkctl, or a sentence why not; empty if they were not
    """

    machine_id: str
    boot_id: str
    hostname: str
    kernel: str
    nics: tuple[Nic, ...]
    bonds: tuple[BondNow, ...]
    lldp: str = ""

    def nic(self, name: str) -> Nic | None:
        return next((nic for nic in self.nics if nic.name == name), None)

    def bond(self, name: str) -> BondNow | None:
        return next((bond for bond in self.bonds if bond.name == name), None)


@dataclass(frozen=True, slots=True)
class Network:
    """Everything a bond is planned from.

    session_device  interface that the asking SSH session runs over; empty if it cannot be told
    session_peer    address of the other end of it
    """

    machine_id: str
    boot_id: str
    hostname: str
    kernel: str
    nics: tuple[Nic, ...]
    bonds: tuple[BondNow, ...]
    routes: tuple[KernelRoute, ...]
    dns: tuple[str, ...]
    managers: Managers
    files: tuple[NetFile, ...]
    session_device: str
    session_peer: str
    lldp: str = ""
    """How neighbours were asked for: lldpctl, networkctl, or a sentence why not."""

    def nic(self, name: str) -> Nic | None:
        return next((nic for nic in self.nics if nic.name == name), None)

    def bond(self, name: str) -> BondNow | None:
        return next((bond for bond in self.bonds if bond.name == name), None)

    def to_json(self) -> dict[str, Json]:
        data: dict[str, Json] = json.loads(json.dumps(asdict(self)))
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Network:
        """What `to_json` made."""
        nics = tuple(_nic(row) for row in data["nics"])
        bonds = tuple(_bond(row) for row in data["bonds"])
        return cls(
            **{
                **data,
                "nics": nics,
                "bonds": bonds,
                "routes": tuple(KernelRoute(**row) for row in data["routes"]),
                "dns": tuple(data["dns"]),
                "managers": Managers(data["managers"]["active"], tuple(data["managers"]["tools"])),
                "files": tuple(NetFile(**row) for row in data["files"]),
            }
        )


def _tuples(row: Mapping[str, Json]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _nic(row: Mapping[str, Json]) -> Nic:
    neighbour = Neighbour(**row["neighbour"]) if row["neighbour"] else None
    return Nic(**{**_tuples(row), "neighbour": neighbour})


def _bond(row: Mapping[str, Json]) -> BondNow:
    ports = tuple(PortStatus(**_tuples(port)) for port in row["status"]["ports"])
    status = BondStatus(**{**_tuples(row["status"]), "ports": ports})
    return BondNow(row["name"], status, row["options"], row["text"])
