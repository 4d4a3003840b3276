"""The hosts for bonds: one for each network manager, and a peer to measure gaps from. Values only.

Their management runs over eth0 itself, through the lab's switch, so that a change of eth0 can lock everybody out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lab.managers import MANAGERS, Manager
from lab.recipe import QUICK, HostIdentity, base_hardware

Cable = tuple[str, str]
"""A switch and a port of it, by the names that it announces."""

NICS = ("eth0", "eth1", "eth2")
ROUTER = "router"
"""The switch's port that leads to QEMU's user network of one host, and to no other host."""

SPEEDS: dict[str, int | None] = {"eth0": 1000, "eth1": 10000, "eth2": None}
"""Mb/s that each NIC has from QEMU; None is unknown, as virtio is where nobody says."""


@dataclass(frozen=True)
class BondIdentity(HostIdentity):
    """A bond host: what every lab host has, its network manager, and its address on the segment."""

    manager: str

    @property
    def inside(self) -> str:
        """Its address on the lab's segment, without prefix. QEMU's user network forwards to it."""
        return f"10.0.2.{self.index - 1}"

    @property
    def cables(self) -> dict[str, Cable]:
        """Where each NIC is plugged in at first: the two that a bond is made of, in two switches."""
        number = self.index - 15
        gigabit = {"eth0": ("sw1", f"Gi1/0/{number}"), "eth2": ("sw1", f"Gi1/0/{24 + number}")}
        return gigabit | {"eth1": ("sw2", f"Te1/0/{number}"), ROUTER: ("sw1", f"Gi1/1/{number}")}

    @property
    def chosen(self) -> Manager:
        return MANAGERS[self.manager]


BOND_HOSTS = (
    BondIdentity("web01", 16, "ifupdown"),
    BondIdentity("web02", 17, "keyfile"),
    BondIdentity("web03", 18, "networkd"),
    BondIdentity("web04", 19, "netplan"),
    BondIdentity("web05", 20, "ifcfg"),
    BondIdentity("ping01", 21, "networkd"),
)

UNITS = ("ssh.service", "atd.service", "lldpd.service", "heartbeat.service")
"""What runs on each of them beside its network manager."""

MEMORY_MIB = 256
KERNEL_ARGUMENTS = (
    f"root=/dev/vda rw console=ttyS0 net.ifnames=0 {QUICK} quiet systemd.show_status=0 panic=-1 "
    "init=/usr/lib/lab/first-boot"
)
FILES_NAME = "opt/regroup/files"
"""Under this name a host finds its own files in QEMU's firmware configuration."""


def bond_identity(name: str) -> BondIdentity | None:
    """The bond host called `name`, if there is one."""
    return next((identity for identity in BOND_HOSTS if identity.name == name), None)


def netdevs_frozen(identity: BondIdentity, port: int) -> list[str]:
    """The networks while it is frozen: the user network on eth0, nothing on the others."""
    words = ["-netdev", f"{user_network(identity, port)},id=eth0"]
    return [*words, *(w for n, nic in enumerate(NICS[1:]) for w in ("-netdev", f"hubport,id={nic},hubid={n}"))]


def netdevs_live(identity: BondIdentity, port: int) -> list[str]:
    """The networks while it lives: each NIC, and the user network, on a port of the lab's switch."""
    socket = "stream,server=off,addr.type=unix,addr.path=../switch/{name}-{port}"
    words = [w for nic in NICS for w in ("-netdev", socket.format(name=identity.name, port=nic) + f",id={nic}")]
    words += ["-netdev", f"{user_network(identity, port)},id=user", "-netdev", "hubport,id=hub0,hubid=0,netdev=user"]
    words += ["-netdev", socket.format(name=identity.name, port=ROUTER) + f",id={ROUTER}"]
    return [*words, "-netdev", f"hubport,id=hub1,hubid=0,netdev={ROUTER}"]


def user_network(identity: BondIdentity, port: int) -> str:
    """QEMU's user network: nothing but the way from loopback port `port` to the host's sshd."""
    return f"user,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:{port}-{identity.inside}:22"


def hardware(identity: BondIdentity, netdevs: list[str]) -> list[str]:
    """A bond host's devices, at the addresses they were frozen with. The root disk is the block node "root"."""
    words = ["-device", "virtio-blk-pci,drive=root,addr=0x4", *netdevs]
    for number, nic in enumerate(NICS):
        speed = f",speed={SPEEDS[nic]},duplex=full" if SPEEDS[nic] else ""
        device = f"virtio-net-pci,romfile=,netdev={nic},id={nic},mac={identity.mac(number)},addr={0x6 + number:#x}"
        words += ["-device", device + speed]
    return words


def host_hash(identity: BondIdentity) -> str:
    """A short hash of what one frozen bond host is made from beside the image that all share."""
    chosen = identity.chosen
    files = sorted(chosen.files(f"{identity.inside}/24", identity.mac(0)).items())
    devices = [*hardware(identity, netdevs_frozen(identity, 0)), *base_hardware("tcg", MEMORY_MIB)]
    values = (identity, chosen.units, chosen.removed, UNITS, files, devices, KERNEL_ARGUMENTS)
    return hashlib.sha256(repr(values).encode()).hexdigest()[:8]
