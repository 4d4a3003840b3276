"""The steps of a hand back as values, in the order in which they are done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from changes.plan import HIGH, MEDIUM, Call, Check, FileChange, Json, Step, Undo, Wait
from recovery.attached import Attached
from recovery.facts.host import Dm
from recovery.facts.host_fstab import PATH
from recovery.facts.lvm_report import Group
from recovery.fstab_block import without_lines
from recovery.handback.wish import Wish
from recovery.lvm.metadata import Metadata
from recovery.scripts import script
from recovery.steps import UNCHANGED, baseline_of_host, file_step, sha256, step_key

SAVED, REWRITE = "saved", "rewrite"
"""The saved bytes written back · the present metadata written under the old name."""

DEADLINE = 24 * 3600
"""Seconds that the run waits for the disk to be detached where the kernel cannot let go of it."""

KEPT = re.compile(r"ro|rw|nouuid|norecovery|noload|rescue=nologreplay|noexec|nosuid|nodev")
"""Mount options that are given again when an unmount is undone; the kernel's own words for the rest are not."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """Where a volume of the group is mounted, `device` being its name in /dev/mapper."""

    device: str
    mount_point: str
    fstype: str
    options: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"/dev/mapper/{self.device}"

    @property
    def again(self) -> str:
        """The options to mount it with as it was."""
        return ",".join(option for option in self.options if KEPT.fullmatch(option)) or "ro"


@dataclass(frozen=True, slots=True)
class HandBack:
    """What the steps are made from.

    text, edited  the group's metadata on the disk, and the same under the old name
    devices       in the order of the physical volumes
    awake         active volumes by name in the group, with their mappings
    changed       why the bytes saved by the recovery do not fit any more; empty if they do
    """

    wish: Wish
    group: Group
    text: str
    edited: str
    metadata: Metadata
    devices: tuple[Attached, ...]
    mounts: tuple[Mounted, ...]
    awake: tuple[tuple[str, Dm], ...]
    changed: str
    uses_devices_file: bool
    fstab: str = ""

    @property
    def way(self) -> str:
        return REWRITE if self.changed else SAVED

    @property
    def new(self) -> str:
        """The group's name as it is now."""
        return self.group.name

    @property
    def pv_uuids(self) -> tuple[str, ...]:
        return tuple(device.pv for device in self.devices)

    @property
    def edited_path(self) -> str:
        return f"{{run_dir}}/{self.wish.old}.vg"


def baseline(back: HandBack) -> Step:
    return baseline_of_host(back.wish.host)


def drop_lines(back: HandBack) -> Step:
    """Before anything is unmounted: the host must not mount it again, nor wait for it at its next start."""
    after = without_lines(back.fstab, back.new)
    return Step(
        key="lines",
        title=f"Take the lines of {back.new} out of {PATH}",
        why="They had its volumes mounted at each start. Without the disk, the host would look for it in vain.",
        host=back.wish.host,
        command=Call((back.new,), script=script("drop_fstab_lines")),
        precheck=(Check("fstab-is", f"{PATH} is as it was planned.", {"sha256": sha256(back.fstab)}),),
        verify=(Check("fstab-lacks", f"{PATH} does not name {back.new} any more.", {"group": back.new}),),
        undo=Undo(
            title=f"Put the lines into {PATH} again",
            command=Call((sha256(after), sha256(back.fstab)), script=script("write_fstab"), stdin=back.fstab),
            verify=(Check("fstab-is", f"{PATH} has its old text.", {"sha256": sha256(back.fstab)}),),
        ),
        writes=(PATH,),
        danger=MEDIUM,
        files=(FileChange(PATH, back.fstab, after),),
    )


def unmounts(back: HandBack) -> tuple[Step, ...]:
    """One step for each mount, the deepest place first."""
    steps: list[Step] = []
    for mount in back.mounts:
        key = step_key(f"unmount-{mount.device}", {step.key for step in steps})
        steps.append(_unmount(back, mount, key))
    return tuple(steps)


def _unmount(back: HandBack, mount: Mounted, key: str) -> Step:
    point = mount.mount_point
    args = {"device": mount.path, "mount_point": point, "lv": mount.device}
    made = back.wish.made.get(point, "{run_dir}/made/none")
    return Step(
        key=key,
        title=f"Unmount {point}",
        why="A volume that is mounted is in use. Directories that the recovery made for it go with it, if empty.",
        host=back.wish.host,
        command=Call((mount.path, point, made), script=script("mounts.lib", "unmount_volume"), timeout=180),
        precheck=(Check("nobody-inside", f"Nobody works in {point}.", args),),
        verify=(Check("unmounted", f"{mount.device} is no longer mounted on {point}.", args),),
        undo=Undo(
            title=f"Mount {mount.device} on {point} again",
            command=Call(
                (mount.path, point, mount.fstype, mount.again, made),
                script=script("directories.lib", "mount_again"),
                timeout=180,
            ),
            verify=(Check("mounted-again", f"{mount.device} is mounted on {point}.", args),),
        ),
        writes=(point,),
    )


def deactivate(back: HandBack) -> Step:
    new, args = back.new, {"awake": sorted(dm.name for _, dm in back.awake)}
    return Step(
        key="deactivate",
        title=f"Deactivate {new}",
        why="Its mappings go, so that nothing in the kernel points to the disk any more.",
        host=back.wish.host,
        command=Call(("vgchange", "-an", new), timeout=120),
        precheck=(Check("volumes-closed", f"No volume of {new} is open."),),
        verify=(Check("asleep", f"No volume of {new} is active."),),
        undo=Undo(
            title=f"Activate {new} again, as it was",
            command=Call((new, *_as_it_was(back)), script=script("settle.lib", "activate"), timeout=180)
            if back.awake
            else None,
            precheck=(Check("still-here", f"{new} is on this host under that name.", {"group": new}),),
            verify=(Check("awake-again", "The same volumes are active as before.", args),),
        ),
        danger=MEDIUM,
    )


def _as_it_was(back: HandBack) -> tuple[str, ...]:
    """What stays read-only, and the volumes to activate, as words for the script."""
    locked = [f"{back.new}/{name}" for name, dm in back.awake if dm.read_only]
    snapshots = back.metadata.volume_group.snapshots
    return (" ".join(locked), *(name for name, _ in back.awake if name not in snapshots))


def save(back: HandBack) -> Step:
    words = (word for uuid in back.pv_uuids for word in (uuid, f"{{pv:{uuid}}}", f"{{areas:{uuid}}}"))
    return Step(
        key="save",
        title="Save the disk's metadata areas as they are now",
        why=(
            "They stay in the run's directory on the host: with them the group's present state can be had back by"
            " hand, should anybody miss it."
        ),
        host=back.wish.host,
        command=Call(("{run_dir}/saved", *words), script=script("areas.lib", "save_areas"), timeout=300),
        verify=(Check("areas-saved", "The saved areas are complete and what is on the disk, by SHA-256."),),
        no_undo="Only reads the disk.",
        writes=("{run_dir}/saved",),
    )


def edit(back: HandBack) -> Step:
    old, path = back.wish.old, back.edited_path
    return file_step(
        Step(
            key="edit",
            title=f"Write the group's present metadata to a file: {back.new} becomes {old}",
            why="Only the group's name changes, one word of the text. It goes to the run's own directory.",
            host=back.wish.host,
            files=(FileChange(path, back.text, back.edited, note="only the group's name"),),
            verify=(
                Check(
                    "lvm-reads",
                    f"LVM's own reader finds volume group {old} in the file.",
                    {"path": path, "group": old},
                ),
            ),
        ),
        path,
        back.edited,
    )


def write_saved(back: HandBack) -> Step:
    wish = back.wish
    words = (
        word
        for planned, now in wish.pvs.items()
        for word in (planned, f"{{pv:{now}}}", f"{{areas:{now}}}", wish.left[planned])
    )
    return _naming(
        back,
        Call(
            (f"{wish.run_dir}/saved", back.new, wish.group, *words),
            script=script("areas.lib", "give_back.lib", "restore_areas"),
            timeout=300,
        ),
        f"{wish.run_dir}/saved/given-back",
        (
            "The running system may have a group of that name, so LVM itself cannot rename back. The bytes that the"
            " recovery saved are written under a lock that keeps udev away, read again, and the kernel forgets the"
            " disk before anybody can wake it."
        ),
    )


def rewrite(back: HandBack) -> Step:
    wish = back.wish
    force = "--force" if back.metadata.volume_group.has_thin_volumes else ""
    devices = (f"{{pv:{uuid}}}" for uuid in back.pv_uuids)
    return _naming(
        back,
        Call(
            ("{run_dir}", back.new, wish.group, wish.old, back.edited_path, force, *devices),
            script=script("give_back.lib", "hand_back"),
            timeout=300,
        ),
        "{run_dir}/given-back",
        (
            "vgcfgrestore writes the text to the disk, seeing no other device, since the running system may have a"
            " group of that name; and it leaves /etc/lvm/backup alone. A lock keeps udev away until the kernel has"
            " forgotten the disk."
        ),
    )


def _naming(back: HandBack, call: Call, marker: str, why: str) -> Step:
    new, old = back.new, back.wish.old
    args: Mapping[str, Json] = {"group": new, "old": old, "marker": marker}
    return Step(
        key="name",
        title=f"Give the group its old name {old}, and let the kernel forget the disk",
        why=why,
        host=back.wish.host,
        command=call,
        precheck=(
            Check("ready-to-restore", "The disk is the planned one, its metadata as planned; nothing of it is active."),
            Check("old-disk-idle", "No mapping points to the disk and nothing on it is mounted."),
            Check("room", "/etc/lvm and /var/lib/regroup have room."),
            UNCHANGED,
        ),
        verify=(
            Check("handed-back", f"The disk carries {old} again, and {new} is gone from this host.", args),
            Check("backups-kept", "The files in /etc/lvm/backup still describe the running groups."),
            UNCHANGED,
        ),
        undo=Undo(
            title="Nothing, as long as the group has not been given its old name",
            command=None,
            precheck=(Check("still-here", f"{new} is on this host under that name.", {"group": new}),),
            verify=(Check("still-here", f"{new} is on this host under that name.", {"group": new}),),
        ),
        writes=(f"the metadata of {back.wish.vm}'s disk ({old})",),
        danger=HIGH,
        cancel="never",
    )


NAMING = {SAVED: write_saved, REWRITE: rewrite}


def dismiss(back: HandBack) -> Step:
    return Step(
        key="dismiss",
        title="Take the disk out of the host's devices file",
        why="The host's LVM would go on looking for a disk that has left.",
        host=back.wish.host,
        command=Call(back.pv_uuids, script=script("dismiss_pvs"), timeout=120),
        verify=(Check("dismissed", "The devices file does not list the disk.", {"pvs": list(back.pv_uuids)}),),
        no_undo="A recovery of the disk lists it again.",
        writes=("/etc/lvm/devices/system.devices",),
    )


def detach(back: HandBack) -> Step:
    return Step(
        key="detach",
        title=f"Detach {back.wish.vm}'s disk from {back.wish.host}",
        why=(
            "Most controllers let the kernel forget a disk; then this is done at once, and the disk is detached at the"
            " hypervisor afterwards. Others, such as virtio-blk, show it until it is detached there."
        ),
        host=back.wish.host,
        verify=(Check("detached", "None of the group's disks is on this host."),),
        wait=Wait(f"Detach {back.wish.vm}'s disk from {back.wish.host} at the hypervisor now.", DEADLINE),
        no_undo="Attach it again at the hypervisor and recover from it.",
    )
