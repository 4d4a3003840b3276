"""A live bond host: management over eth0 itself, every NIC on a port of the lab's switch."""

from __future__ import annotations

from pathlib import Path

from lab.bond_hosts import BondIdentity, netdevs_live
from lab.bond_image import bond_arguments, bond_build, frozen, frozen_disk
from lab.cache import Build
from lab.host import Host
from lab.machine import Say
from lab.qemu import Qmp
from lab.switch import Switch


class BondHost(Host):
    """A host with one network manager (`manager`), three NICs (eth0 1 Gb/s, eth1 10 Gb/s, eth2 unknown) and no LVM.

    `inside` is its address on the segment, where other bond hosts of the instance reach it; `address` and `port` lead
    to its sshd from here, through whatever NIC answers for `inside`.
    """

    anew = True  # the connection would run over the bond, and is not to outlive what a new one would meet

    def __init__(self, build: Build, identity: BondIdentity, folder: Path) -> None:
        super().__init__(bond_build(build, identity), identity, folder)
        self._whole = build
        self._bond_identity = identity
        self.switch = Switch(folder.parent / "switch")

    @property
    def manager(self) -> str:
        """The key of its network manager: ifupdown, keyfile, networkd, netplan or ifcfg."""
        return self._bond_identity.manager

    @property
    def private_key(self) -> Path:
        """The private key file of the login user, the same as every host's of the lab."""
        return self._whole.private_key

    @property
    def inside(self) -> str:
        return self._bond_identity.inside

    def make(self, say: Say) -> None:
        """Have it ready to start on this machine: booted cold and frozen, if that never happened (half a minute)."""
        frozen(self._whole, self._bond_identity, say)

    def start(self, max_life: float, die_with_parent: bool) -> float:
        """As `Host.start`; what `make` does is done first where it is missing."""
        self.make(say=lambda line: None)
        return super().start(max_life, die_with_parent)

    def _launch(self, max_life: float, die_with_parent: bool) -> None:
        self.switch.await_host(self.name)
        super()._launch(max_life, die_with_parent)

    def _arguments(self, port: int, root_node: list[str]) -> list[str]:
        netdevs = netdevs_live(self._bond_identity, port)
        return bond_arguments(self._build, self._bond_identity, netdevs, root_node)

    def _frozen_disk(self) -> tuple[Path, str]:
        return frozen_disk(self._build, self.name), "qcow2"

    def set_link(self, nic: str, up: bool) -> None:
        """Pull or plug the cable of a NIC, for the guest and for the switch.

        The guest's NIC is at its own speed again afterwards: a speed set by `ethtool -s` does not outlast it.
        """
        self.switch.link(self.name, nic, up)
        with Qmp(self._folder) as qmp:
            qmp.execute("set_link", name=nic, up=up)

    def set_speed(self, nic: str, mbps: int, *, bounce: bool = True) -> None:
        """Have the NIC negotiate `mbps`, full duplex. With `bounce` its link goes down and up, and a bond looks again.

        The link goes down in the guest, since a pulled cable would put the NIC's own speed back.
        """
        self.run(f"ethtool -s {nic} speed {mbps} duplex full", sudo=True)
        if bounce:
            self.run(f"ip link set {nic} down; ip link set {nic} up", sudo=True)
