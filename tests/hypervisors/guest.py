"""A guest of a few seconds: a kernel, its own initrd, and a first process that says which disks there are."""

from __future__ import annotations

import re
from pathlib import Path

from hypervisors.safety import GuestDisk

FIRST = b"""#!/bin/sh
mkdir -p /proc /sys
mount -t proc proc /proc
mount -t sysfs sysfs /sys
modprobe virtio_pci; modprobe virtio_scsi; modprobe sd_mod
while :; do
    echo "<<disks"
    for disk in /sys/block/sd*; do
        [ -e "$disk/size" ] || continue
        echo "disk ${disk##*/} $(cat $disk/size)"
        cat "$disk/device/vpd_pg80"
        echo
    done
    echo "disks>>"
    sleep 1
done
"""
# In front of the serial number are 00 80 00 and its length, which a console makes two bytes of where it is ten.
DISK = re.compile(rb"disk (sd\w+) (\d+)\r?\n\x00\x80\x00(?:\r\n|.)([^\r\n]*)\r?\n", re.DOTALL)


def initrd(packaged: Path, made: Path) -> Path:
    """The packaged initrd with /disks added: the kernel unpacks one archive after the other."""
    made.write_bytes(
        packaged.read_bytes()
        + b"\0" * (-packaged.stat().st_size % 4)
        + _entry("disks", 0o100755, FIRST)
        + _entry("TRAILER!!!", 0, b"")
    )
    return made


def _entry(name: str, mode: int, data: bytes) -> bytes:
    """One file of a cpio archive ("newc")."""
    numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def seen(console: bytes) -> tuple[GuestDisk, ...]:
    """What it last said in full; the serial number is page 80 of the disk's vital product data."""
    whole = console.rpartition(b"disks>>")[0].rpartition(b"<<disks")[2]
    return tuple(
        GuestDisk(name.decode(), serial.decode(), int(sectors) * 512) for name, sectors, serial in DISK.findall(whole)
    )
