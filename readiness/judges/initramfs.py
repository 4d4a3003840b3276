"""Whether the initial file system of that kernel is whole, and can reach the root file system."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.facts.values import Contents, Facts
from readiness.judges.finding import Point, amber, few, green, red, unknown
from readiness.judges.kernel import IN_A_CONTAINER
from readiness.judges.known import Known

LEAST_IMAGE = 1 << 20
MADE_ANEW = "Make it anew (update-initramfs -u -k VERSION, or dracut -f --kver VERSION), and have the host asked again."
EXT = ("ext4", "ext3", "ext2")
RAID = {
    "raid1": "raid1",
    "raid0": "raid0",
    "raid10": "raid10",
    "raid5": "raid456",
    "raid6": "raid456",
    "raid4": "raid456",
}


def judge(known: Known) -> Iterator[Point]:
    facts, entry, path = known.facts, known.boot.entry, known.boot.image
    if facts.machine.container:
        yield unknown(IN_A_CONTAINER)
        return
    if entry is None:
        yield unknown("Nobody can tell which kernel would be started, and so with which initial file system.")
        return
    if not path:
        yield from _none(facts, entry.title)
        return
    image = facts.kernels.image(path) or facts.kernels.image(facts.kernels.links.get(path, ""))
    if image is None:
        there = [f"{one.path}, {one.size:,} bytes" for one in facts.kernels.initramfs] or ["/boot has none at all"]
        yield red(f"The initial file system {path} is not there.", *there, todo=MADE_ANEW)
        return
    said = f"{image.path}, {image.size:,} bytes"
    if image.size < LEAST_IMAGE:
        yield red(
            f"{image.path} has only {image.size:,} bytes, which is no whole initial file system.", said, todo=MADE_ANEW
        )
        return
    yield from _inside(facts, known.contents, said)


def _none(facts: Facts, title: str) -> Iterator[Point]:
    if facts.root.dm or any(module for disk in facts.root.disks for _, module in disk.drivers):
        needs = [f"{disk.name}: {driver}" for disk in facts.root.disks for driver, module in disk.drivers if module]
        yield red(
            f"The entry “{title}” has no initial file system, and / needs what only one can give.",
            *needs,
            *(f"device-mapper: {name}" for name, _ in facts.root.dm),
            todo=MADE_ANEW,
        )
    else:
        yield green("The default entry has no initial file system, and / needs none.")


def _inside(facts: Facts, contents: Contents | None, said: str) -> Iterator[Point]:
    if contents is None or contents.why:
        why = contents.why if contents else "it was not looked into"
        yield unknown(f"What is in the initial file system is not known: {why}.", said)
        return
    listed = f"{contents.tool} lists {contents.count} files, {len(contents.modules)} modules"
    if contents.damaged:
        yield red(f"{contents.path} cannot be unpacked to its end.", said, listed, todo=MADE_ANEW)
        return
    lacks = [f"{name}: {why}" for name, why in needed(facts) if name not in contents.modules | contents.builtin]
    if lacks:
        names = few(line.partition(":")[0] for line in lacks)
        yield red(f"The initial file system lacks what / is reached by: {names}.", *lacks, said, listed, todo=MADE_ANEW)
    if facts.root.on_lvm and "lvm" not in contents.programs:
        yield red("The initial file system has no lvm, and / is a logical volume.", said, listed, todo=MADE_ANEW)
    if facts.root.encrypted and not contents.programs & {"cryptsetup", "systemd-cryptsetup"} and not lacks:
        yield amber(
            "/ is encrypted, and the initial file system has no cryptsetup that Regroup knows.",
            said,
            listed,
            todo=MADE_ANEW,
        )
    if facts.root.md and "mdadm" not in contents.programs:
        yield amber(
            "/ stands on a RAID of the kernel, and the initial file system has no mdadm.",
            said,
            *facts.root.md,
            todo=MADE_ANEW,
        )
    if not lacks and (not facts.root.on_lvm or "lvm" in contents.programs):
        names = few(name for name, _ in needed(facts)) or "nothing in particular"
        yield green("The initial file system is whole and has what / is reached by.", said, listed, f"needed: {names}")


def needed(facts: Facts) -> list[tuple[str, str]]:
    """Kernel modules without which `/` is not reached, each with the reason, in the kernel's spelling."""
    found = dict[str, str]()
    for disk in facts.root.disks:
        for driver, module in disk.drivers:
            if module:
                found.setdefault(module.replace("-", "_"), f"driver {driver} of {disk.name}, which / stands on")
    if facts.root.dm:
        found["dm_mod"] = f"/ is {facts.root.dm[0][0]} of device-mapper"
    if facts.root.encrypted:
        found["dm_crypt"] = "/ is encrypted"
    for line in facts.root.md:
        module = RAID.get(line.split()[-1], "")
        if module:
            found[module] = f"/ stands on {line}"
    if facts.root.fstype in (*EXT, "xfs", "btrfs"):
        found[facts.root.fstype] = f"/ is {facts.root.fstype}"
    return list(found.items())
