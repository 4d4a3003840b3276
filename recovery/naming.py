"""Two more ways to give the old group its new name, for a disk that is attached when the plan is made.

`vgrename` by UUID needs no file and writes one word. `vgimportclone` is for copies: it gives the physical volumes
and the group new UUIDs first. Restoring a file onto a copy, or renaming one, could hit the disk it was copied from.
"""

from __future__ import annotations

from changes.plan import HIGH, Call, Check, Step, Undo
from recovery.scripts import script
from recovery.steps import UNCHANGED, Recovery, write_back

NAME_FREE = "No volume group, device or mapping is called {0}."


def admit(recovery: Recovery) -> Step:
    uuids = recovery.pv_uuids
    return Step(
        key="admit",
        title="Let LVM see the old disk: add it to the host's devices file",
        why=(
            "This host's LVM uses only the disks that /etc/lvm/devices/system.devices lists, and the old one is not"
            " among them. Without it LVM would answer that there is no such physical volume."
        ),
        host=recovery.host,
        command=Call(
            ("{run_dir}/devices", *(f"{{pv:{uuid}}}" for uuid in uuids)), script=script("admit_devices"), timeout=120
        ),
        verify=(Check("lvm-sees", "LVM sees the old disk's physical volumes.", {"pvs": list(uuids)}),),
        undo=Undo(
            title="Take the old disk out of the devices file again",
            command=Call(("{run_dir}/devices",), script=script("dismiss_devices"), timeout=120),
            verify=(Check("devices-as-before", "The devices file lists what it listed before."),),
        ),
        writes=("/etc/lvm/devices/system.devices",),
    )


def rename(recovery: Recovery) -> Step:
    new, old = recovery.new, recovery.old
    return Step(
        key="restore",
        title=f"Rename the group by its UUID: {old} becomes {new}",
        why=(
            "The metadata on the disk is good, so no file is needed. The UUID says which of two groups of one name is"
            f" meant. vgrename deletes /etc/lvm/backup/{old}, which here is the running group's: it is made again."
        ),
        host=recovery.host,
        command=Call((recovery.vg_uuid, new, old), script=script("rename_group"), timeout=180),
        precheck=(
            Check("ready-to-restore", "Disk and saved areas are still as identified; nothing of it is active."),
            Check("name-free", NAME_FREE.format(new), {"group": new}),
            Check("room", "/etc/lvm has room: LVM archives the old metadata there first."),
            UNCHANGED,
        ),
        verify=(
            Check(
                "restored",
                f"The group with UUID {recovery.vg_uuid} is called {new}, on the old disk alone, one change newer.",
                {"group": new},
            ),
            Check("backups-kept", "The files in /etc/lvm/backup still describe the running groups."),
            UNCHANGED,
        ),
        undo=write_back(recovery, recovery.vg_uuid),
        writes=(f"the metadata of the old disk ({new})", "/etc/lvm/archive", f"/etc/lvm/backup/{new}"),
        danger=HIGH,
        cancel="never",
        article=6,
    )


def import_copy(recovery: Recovery) -> Step:
    new = recovery.new
    devices = tuple(f"{{pv:{uuid}}}" for uuid in recovery.pv_uuids)
    return Step(
        key="restore",
        title=f"Import the copy under new UUIDs and the new name {new}",
        why=(
            "The disk is a copy of one that the host has, so its UUIDs are there twice and LVM could take one for the"
            " other. vgimportclone sees only the given devices, changes their UUIDs, and renames the group. It is run"
            " once: a second run would make new UUIDs again, and it refuses devices with active volumes."
        ),
        host=recovery.host,
        command=Call((new, *devices), script=script("import_copy"), timeout=180),
        precheck=(
            Check("ready-to-restore", "Disk and saved areas are still as identified; nothing of it is active."),
            Check("name-free", NAME_FREE.format(new), {"group": new}),
            Check("room", "/etc/lvm has room: LVM archives metadata there."),
            UNCHANGED,
        ),
        verify=(
            Check(
                "imported",
                f"The copy is called {new}, has UUIDs that nothing else has, and the same volumes as before.",
                {"group": new},
            ),
            UNCHANGED,
        ),
        undo=write_back(recovery, "{vg:now}"),
        writes=(f"label and metadata of the old disk ({new}, new UUIDs)", "/etc/lvm/archive", f"/etc/lvm/backup/{new}"),
        danger=HIGH,
        cancel="never",
        article=6,
    )
