"""Disks made on a running lab host by its own LVM: shapes that the built disks do not have.

Each is a few lines of shell with `$1 $2 …` as the devices, so that a new hazard costs no new build of the lab.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.disks import Disk, copy_sparse
from lab.host import Host
from lab.recipe import MIB

GROUP = "RootVG"
"""What every made group is called in the end: the running group's name, since that is the trouble."""

SAMPLES = Path(__file__).parent / "samples"
"""What the hosts have no tools for. btrfs.img.zst: `mkfs.btrfs --mixed --rootdir`, 24 MiB, one file `f` saying leafy;
luks.header: the first 592 bytes that `cryptsetup luksFormat --type luks1` writes."""

_BEGIN = """
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
only="devices{filter=[\\"a|^/dev/sd[b-z][0-9]*\\$|\\",\\"r|.*|\\"] hints=\\"none\\"}"
# fill VOLUME TEXT: an ext4 with the file `f` holding TEXT.   keep NAME: the group's text as it is now.
fill() { mkfs.ext4 -q "/dev/MakeVG/$1"; mount "/dev/MakeVG/$1" /mnt; echo "$2" >/mnt/f; umount /mnt; }
keep() {
    vgcfgbackup -q --config "$only" -f "/tmp/$1.vg" MakeVG >/dev/null
    sed -i 's/^MakeVG {/RootVG {/' "/tmp/$1.vg"
}
udevadm settle
"""

_FINISH = """
sync
vgchange -q -an MakeVG
keep made
vgcfgrestore -q -y --config "$only" --force -f /tmp/made.vg RootVG >/dev/null
vgcfgbackup -q --config "$only" -f /tmp/own.vg RootVG >/dev/null
"""


@dataclass(frozen=True)
class Shape:
    """One kind of old disks: sizes in MiB, one for each disk; the script that makes group MakeVG on them.

    `texts` are the names under which the script keeps the group's text on its way; `own` is the last one.
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    script: str
    texts: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


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
    title="A group that began on one disk, was extended to a second one, and got a volume there",
    sizes=(64, 64),
    texts=("alone", "fewer"),
    script="""
pvcreate -q "$1" "$2"
vgcreate -q MakeVG "$1"
lvcreate -q -y -L 16m -n one MakeVG
fill one first
keep alone
vgextend -q MakeVG "$2"
keep fewer
lvcreate -q -y -L 16m -n two MakeVG "$2"
fill two second
""",
)

ODD = Shape(
    name="odd",
    title="Volumes that hold btrfs, swap under another name, a LUKS header, and a group of their own",
    sizes=(96,),
    samples=("btrfs.img.zst", "luks.header"),
    script="""
pvcreate -q "$1"
vgcreate -q MakeVG "$1"
lvcreate -q -y -L 8m -n plain MakeVG
fill plain plain
lvcreate -q -y -L 24m -n leaf MakeVG
zstd -dcq /tmp/btrfs.img.zst >/dev/MakeVG/leaf
lvcreate -q -y -L 8m -n locked MakeVG
cat /tmp/luks.header >/dev/MakeVG/locked
lvcreate -q -y -L 8m -n paging MakeVG
mkswap -q /dev/MakeVG/paging
lvcreate -q -y -L 8m -n within MakeVG
pvcreate -q --config devices/scan_lvs=1 /dev/MakeVG/within
vgcreate -q --config devices/scan_lvs=1 InnerVG /dev/MakeVG/within
""",
)

SHAPES = {shape.name: shape for shape in (MIXED, TWO, ODD)}


@dataclass(frozen=True)
class Made:
    """Finished disks of a shape, and the group's texts by name; `own` is what stands on the disks."""

    disks: tuple[Disk, ...]
    texts: Mapping[str, str]

    def copy(self, folder: Path) -> Made:
        """The same disks once more, for one test to write to."""
        disks = tuple(Disk(folder / disk.path.name, disk.serial) for disk in self.disks)
        for ours, copy in zip(self.disks, disks, strict=True):
            copy_sparse(ours.path, copy.path)
        return Made(disks, self.texts)


def make(host: Host, shape: Shape, folder: Path) -> Made:
    """New disks of that shape, detached again, and their group's texts. LabError if a command fails."""
    disks = []
    for number, mib in enumerate(shape.sizes):
        path = folder / f"{shape.name}-{number}.raw"
        with path.open("wb") as file:
            file.truncate(mib * MIB)
        disks.append(Disk(path, f"{shape.name}-{number}"))
        host.attach(disks[-1])
    host.rescan()
    devices = [f"$(readlink -f /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_{disk.serial})" for disk in disks]
    samples = "".join(_sample(name) for name in shape.samples)
    host.run(f"{_BEGIN}{samples}set -- {' '.join(devices)}\n{shape.script}{_FINISH}", sudo=True, timeout=240)
    texts = {name: host.run(f"cat /tmp/{name}.vg", sudo=True) for name in (*shape.texts, "own")}
    for disk in disks:
        device = f"$(basename $(readlink -f /dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_{disk.serial}))"
        host.run(f"echo 1 >/sys/block/{device}/device/delete", sudo=True)
        host.detach(disk.serial)
    return Made(tuple(disks), texts)


def _sample(name: str) -> str:
    """Shell that puts a sample to the host's /tmp."""
    text = base64.b64encode((SAMPLES / name).read_bytes()).decode()
    return f"base64 -d >/tmp/{name} <<'END'\n{text}\nEND\n"
