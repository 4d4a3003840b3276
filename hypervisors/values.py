"""A hypervisor's VMs, disks and images as values, whatever the platform. Pure."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum

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
    kind     how the platform has it: file, block, network, or volume, which is one by the name of its storage pool
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
    kind: str = "file"

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

    buses       where a disk may be attached while it runs, the best first
    persistent  whether it is still there after it was switched off
    saved       whether a memory image is kept of it, which its next start goes on from
    """

    uuid: str
    name: str
    power: Power
    disks: tuple[Disk, ...]
    next_disks: tuple[Disk, ...]
    nics: tuple[Nic, ...] = ()
    buses: tuple[str, ...] = ()
    persistent: bool = True
    saved: bool = False

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
    """

    template: str
    name: str
    token: str
    size: int | None = None
    network: str = ""
    seed: str = ""

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
