"""Disks made on a running lab host by its own LVM: shapes that the built disks do not have.

Each is a few lines of shell with `$1 $2 …` as the devices, so that a new hazard costs no new build of the lab.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.disks import Disk
from lab.host import Host
from lab.recipe import MIB

GROUP = "RootVG"
"""What every made group is called in the end: the running group's name, since that is the trouble."""

_FINISH = """
sync
vgchange -q -an MakeVG
only="devices{filter=[\\"a|^/dev/sd[b-z][0-9]*\\$|\\",\\"r|.*|\\"] hints=\\"none\\"}"
vgcfgbackup -q --config "$only" -f /tmp/made MakeVG >/dev/null
sed -i 's/^MakeVG {/RootVG {/' /tmp/made
vgcfgrestore -q -y --config "$only" --force -f /tmp/made RootVG >/dev/null
vgcfgbackup -q --config "$only" -f /tmp/made.vg RootVG >/dev/null
"""


@dataclass(frozen=True)
class Shape:
    """One kind of old disks: sizes in MiB, one for each disk; the script that makes group MakeVG on them.

    The scripts' `fill VOLUME TEXT` makes an ext4 with the file `f` holding TEXT on a volume.
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    script: str


MIXED = Shape(
    name="mixed",
    title="Two disks, one in a partition; a snapshot, a stripe, a thin pool, RAID, and names that repeat",
    sizes=(200, 200),
    script="""
echo 'type=8e' | sfdisk -q "$1"
udevadm settle
pvcreate -q "${1}1" "$2"
vgcreate -q --addtag MakeVG MakeVG "${1}1" "$2"
lvcreate -q -y -L 16m -n RootVG --addtag RootVG MakeVG
fill RootVG plain
lvcreate -q -y -s -L 8m -n before MakeVG/RootVG
mount /dev/MakeVG/RootVG /mnt; echo newer >/mnt/f; umount /mnt
lvcreate -q -y -i 2 -L 16m -n data-1 MakeVG
fill data-1 striped
lvcreate -q -y --type raid1 -m 1 -L 8m --nosync -n twice MakeVG
lvcreate -q -y -L 16m -T MakeVG/pool
lvcreate -q -y -V 32m -T MakeVG/pool -n thin
fill thin thin
""",
)

TWO = Shape(
    name="two",
    title="Two disks, a plain volume on each",
    sizes=(64, 64),
    script="""
pvcreate -q "$1" "$2"
vgcreate -q MakeVG "$1" "$2"
lvcreate -q -y -L 16m -n one MakeVG "$1"
lvcreate -q -y -L 16m -n two MakeVG "$2"
fill one first
fill two second
""",
)

_FILL = 'fill() { mkfs.ext4 -q "/dev/MakeVG/$1"; mount "/dev/MakeVG/$1" /mnt; echo "$2" >/mnt/f; umount /mnt; }\n'


def make(host: Host, shape: Shape, folder: Path) -> tuple[tuple[Disk, ...], str]:
    """New disks of that shape, detached again, and their group's backup text. LabError if a command fails."""
    disks = []
    for number, mib in enumerate(shape.sizes):
        path = folder / f"{shape.name}-{number}.raw"
        with path.open("wb") as file:
            file.truncate(mib * MIB)
        disks.append(Disk(path, f"{shape.name}-{number}"))
        host.attach(disks[-1])
    host.rescan()
    devices = [f"$(readlink -f /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_{disk.serial})" for disk in disks]
    script = f"set -eu; export LVM_SUPPRESS_FD_WARNINGS=1; udevadm settle; {_FILL}set -- {' '.join(devices)}\n"
    host.run(script + shape.script + _FINISH, sudo=True, timeout=240)
    text = host.run("cat /tmp/made.vg", sudo=True)
    for disk in disks:
        device = f"$(basename $(readlink -f /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_{disk.serial}))"
        host.run(f"echo 1 >/sys/block/{device}/device/delete", sudo=True)
        host.detach(disk.serial)
    return tuple(disks), text
