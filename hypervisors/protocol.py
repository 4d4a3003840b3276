"""What every hypervisor's driver offers. Pure.

Each call looks first, names what it made, and may be asked again after a crash: what is there already is no error and
is not made twice. What may not be is a `HypervisorError`: one sentence, and nothing was changed by the refused call.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

NAMES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
SERIALS = re.compile(r"[A-Za-z0-9_.+-]{1,20}")
CLONES = uuid.UUID("6e0b1b8c-54a3-5c0e-9d0e-2f1f4c1b7a55")


class HypervisorError(Exception):
    """The platform could not or may not do it; the message is a sentence for a person."""


class Power(StrEnum):
    """Everything but OFF has its disks open."""

    ON = "on"
    PAUSED = "paused"
    OFF = "off"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk as a VM has it.

    target   the platform's own name for the place (`sda`); no promise about the guest's
    device   disk, cdrom, floppy or lun
    source   the file or block device on the hypervisor, "" where there is none (an empty drive, a network volume)
    serial   what the guest reads as the serial number, "" where the platform gives none
    size     bytes as the guest sees them, None where nobody asked
    chain    what it is an overlay of, the nearest first
    """

    target: str
    bus: str
    source: str
    device: str = "disk"
    serial: str = ""
    format: str = "raw"
    size: int | None = None
    chain: tuple[str, ...] = ()
    readonly: bool = False
    shareable: bool = False

    @property
    def is_medium(self) -> bool:
        """A CD or a floppy: nobody's data."""
        return self.device in {"cdrom", "floppy"}


@dataclass(frozen=True, slots=True)
class Nic:
    """`network` is the name of the network or bridge, or the kind of it where it has no name (`user`)."""

    mac: str
    network: str


@dataclass(frozen=True, slots=True)
class VM:
    """`disks` are those it has now, `next_disks` those it will have when it is next started; the same where it is off.

    buses      where a disk may be attached while it runs, the best first
    snapshots  names, empty where nobody asked
    """

    uuid: str
    name: str
    power: Power
    disks: tuple[Disk, ...]
    next_disks: tuple[Disk, ...]
    nics: tuple[Nic, ...] = ()
    buses: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()

    @property
    def holds_disks(self) -> bool:
        """Whether its disks are open, and may be written to, now."""
        return self.power is not Power.OFF


@dataclass(frozen=True, slots=True)
class Image:
    """A disk image that no VM needs to have: path, format, size in bytes, what it is an overlay of (nearest first)."""

    path: str
    format: str
    size: int
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clone:
    """A VM wanted as a copy of a template.

    token    what makes this wish another than the next one of the same name: a change's number and its step. With the
             same token the same VM comes back; it is not for use again once that VM was removed.
    size     bytes of the first disk, None for the template's; it may only grow
    network  the platform's network for every NIC, "" for the template's
    seed     a cloud-init seed (an image on the hypervisor) to show the clone as a CD, "" for none
    linked   an overlay of the template's disk, not a copy: made at once, and the template must never be started again
    """

    template: str
    name: str
    token: str
    size: int | None = None
    network: str = ""
    seed: str = ""
    linked: bool = False

    def __post_init__(self) -> None:
        if not NAMES.fullmatch(self.name):
            raise HypervisorError(
                f"A VM cannot be called {self.name!r}: 63 letters, digits, dots, dashes, underscores at most."
            )
        if not self.token:
            raise HypervisorError("A clone needs a token, by which it is known again after a crash.")

    def uuid(self, template_uuid: str) -> str:
        """The UUID that the clone has: always the same for the same wish."""
        return str(uuid.uuid5(CLONES, "\0".join((template_uuid, self.name, self.token))))


@dataclass(frozen=True, slots=True)
class Attached:
    """A disk that a VM has now, and how its guest knows it: by `serial`, under /dev/disk/by-id as `by_id` on Linux.

    told  what a person should know although it was no reason to refuse
    """

    vm: str
    disk: Disk
    by_id: str
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A console's picture; `media_type` such as image/png."""

    media_type: str
    data: bytes


class Hypervisor(Protocol):
    """VMs are named by name or UUID.

    Every call raises HypervisorError; FactError where the platform answers in an unknown shape, SessionError where the
    way to it is broken.
    """

    def vms(self) -> tuple[VM, ...]:
        """All VMs with their disks and chains, without sizes and snapshots."""
        ...

    def vm(self, name: str) -> VM:
        """One VM, with sizes and snapshots."""
        ...

    def clone(self, wish: Clone) -> VM:
        """The clone, off. Begun again where it was cut short."""
        ...

    def attach(self, vm: str, path: str, serial: str, *, format: str, bus: str = "") -> Attached:
        """Give the VM the image, now if it runs, and at every later start. `bus` "" is the best one it has."""
        ...

    def detach(self, vm: str, path: str, serial: str) -> VM:
        """Take it away again, now and for later starts. Refused where the serial stands for another file."""
        ...

    def power_on(self, vm: str) -> VM:
        """Start it, or let it go on where it is paused. Refused where a running VM has one of its disks."""
        ...

    def shut_down(self, vm: str) -> VM:
        """Ask the guest to end; it may take its time or not listen, which the power of a later look tells."""
        ...

    def power_off(self, vm: str) -> VM:
        """Pull the plug."""
        ...

    def picture(self, vm: str) -> Picture:
        """What is on its screen."""
        ...
