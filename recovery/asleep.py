"""Which volumes of a group can be activated without a byte being written, and why the others stay asleep. Pure.

Linear and striped volumes, and classic snapshots with their origins, can be: activated read-only, mounted and put
to sleep again, every byte of the disks is as before. The others write for their own sake as soon as they are
active, also where LVM is told to activate them read-only (`docs/lvm.md` has the experiment).
"""

from __future__ import annotations

from recovery.lvm.metadata import LogicalVolume, VolumeGroup, dm_name

PLAIN_TYPES = frozenset({"striped", "linear"})

WHY = {
    "thin": "it is thin, and its pool can be activated for writing only",
    "thin-pool": "it is a thin pool, which can be activated for writing only",
    "cache": "it is cached, and a cache rewrites its own metadata whenever it is active",
    "cache-pool": "it is a cache, which rewrites its own metadata whenever it is active",
    "writecache": "it is cached, and a cache rewrites its own metadata whenever it is active",
    "mirror": "it is a mirror, and its halves are copied over one another when it wakes",
}
"""Segment type → why activation is not without consequence."""


def asleep(group: VolumeGroup) -> dict[str, str]:
    """Visible volume → why it is not activated, as half a sentence; those that are activated are left out."""
    found = {}
    for lv in group.visible_logical_volumes:
        origin = group.snapshots.get(lv.name, "")
        if why := _why(group, lv):
            found[lv.name] = why
        elif origin and _why(group, group.logical_volume(origin)):
            found[lv.name] = f"it is a snapshot of {origin}, which is left asleep"
    return found


def awake(group: VolumeGroup) -> tuple[LogicalVolume, ...]:
    """The volumes that are activated: visible ones, snapshots too."""
    left = asleep(group)
    return tuple(lv for lv in group.visible_logical_volumes if lv.name not in left)


def by_name(group: VolumeGroup) -> tuple[str, ...]:
    """What LVM is told to activate where it must not be the whole group; empty where it may be.

    Snapshots are not named: they wake with their origins.
    """
    if not asleep(group):
        return ()
    return tuple(lv.name for lv in awake(group) if lv.name not in group.snapshots)


def halves(group: VolumeGroup, name: str) -> tuple[str, ...]:
    """Hidden mappings beside the activated volumes, were the group called `name`: each snapshot brings two."""
    left = asleep(group)
    pairs = [(store, origin) for store, origin in group.snapshots.items() if store not in left]
    names = [[f"{dm_name(name, origin)}-real", f"{dm_name(name, store)}-cow"] for store, origin in pairs]
    return tuple(dict.fromkeys(half for pair in names for half in pair))


def _why(group: VolumeGroup, lv: LogicalVolume) -> str:
    if "ACTIVATION_SKIP" in lv.flags:
        return "it is marked to be skipped by activation (lvchange -ky)"
    odd = _odd(group, lv)
    if odd.startswith("raid"):
        return f"it is {odd}, whose superblocks are rewritten whenever it is active"
    return WHY.get(odd, f"it is of the type {odd}, and nobody has tried what waking that writes") if odd else ""


def _odd(group: VolumeGroup, lv: LogicalVolume) -> str:
    """The first type that is not plain, of the volume or of one that it lies on; empty if all are."""
    seen, todo = set[str](), [lv]
    while todo:
        one = todo.pop()
        seen.add(one.name)
        for segment in one.segments:
            if segment.type not in PLAIN_TYPES:
                return segment.type
            todo += [group.logical_volume(name) for name in segment.lvs if name not in seen]
    return ""
