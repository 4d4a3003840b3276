"""The steps of a recovery as values: what runs on the host, what is asked before and after, the way back.

The procedure is the one from the story (numbers in `article`), with three steps of ours between: identify
the disk, keep its group asleep, save its metadata areas. Each function makes one step; `planner` puts
them in order. Rules named in checks live in `recovery.judges`, scripts in `recovery.scripts`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from changes.plan import HIGH, LOW, MEDIUM, Call, Check, FileChange, Json, Step, Undo, Wait
from recovery.asleep import awake, by_name
from recovery.disk_fstab import DiskFstab
from recovery.lvm.metadata import Metadata, dm_name
from recovery.request import RESTORE, Request, Volume, parents_first
from recovery.scripts import script


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the steps are made from: the request, its file read, and the file's text under the new name."""

    request: Request
    metadata: Metadata
    edited: str
    strategy: str = RESTORE
    disks: tuple[Mapping[str, Json], ...] = ()
    """Identities of disks that are attached already, in the order of the physical volumes; else empty."""
    evidence: str = ""
    """Why the strategy is the right one, where the planner could see the disk."""
    damaged: tuple[str, ...] = ()
    """Physical volumes whose own metadata cannot be read, so that the file alone describes the group."""
    bare: tuple[str, ...] = ()
    """Physical volumes without a label, which get it from the file."""
    fstab: DiskFstab | None = None
    """The old VM's own /etc/fstab from the disk, where that names the mount points."""

    @property
    def host(self) -> str:
        return self.request.host

    @property
    def old(self) -> str:
        return self.metadata.volume_group.name

    @property
    def new(self) -> str:
        return self.request.new_vg

    @property
    def vg_uuid(self) -> str:
        return self.metadata.volume_group.id

    @property
    def pv_uuids(self) -> tuple[str, ...]:
        return tuple(pv.id for pv in self.metadata.volume_group.physical_volumes)

    @property
    def original_path(self) -> str:
        return f"{{run_dir}}/{self.old}.original.vg"

    @property
    def edited_path(self) -> str:
        return f"{{run_dir}}/{self.new}.vg"

    def device(self, lv: str) -> str:
        """Where a volume's block device appears once the group is active under its new name."""
        return f"/dev/mapper/{dm_name(self.new, lv)}"


def sha256(text: str) -> str:
    """SHA-256 of a text as it goes to the host, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


UNCHANGED = Check("running-unchanged", "Every volume of the running system is as it was at the beginning.")


def baseline(recovery: Recovery) -> Step:
    return baseline_of_host(recovery.host)


def baseline_of_host(host: str) -> Step:
    """The first step of every change of disks: what later steps compare with."""
    return Step(
        key="baseline",
        title=f"See that {host} is as planned, and save what it looks like now",
        why=(
            "Later steps tell the old disk from the host's own by what was there before, and prove that nothing"
            " of the running system changed. LVM rewrites its files in /etc/lvm on its own, so they are copied."
        ),
        host=host,
        command=Call(("{run_dir}/baseline",), script=script("mounts.lib", "host_state.lib", "baseline"), timeout=180),
        precheck=(
            Check("host-as-planned", "It is the planned host, with the volume groups that the plan was made from."),
            Check("room", "/etc/lvm and /var/lib/regroup have room for LVM's archives and the saved areas."),
        ),
        verify=(Check("baseline-saved", "The baseline is saved on the host and can be read."),),
        no_undo="Only reads, and keeps its copies in the run's own directory.",
        writes=("{run_dir}/baseline",),
        article=1,
    )


def copy(recovery: Recovery) -> Step:
    text, path = recovery.request.metadata, recovery.original_path
    return file_step(
        Step(
            key="copy",
            title=f"Copy {recovery.request.vm}'s LVM backup to {recovery.host}",
            why=(
                "It goes to the run's own directory. In /etc/lvm/backup it would stand beside, or in place of,"
                f" the running group's own file {recovery.old}."
            ),
            host=recovery.host,
            files=(FileChange(path, None, text, note=_origin(recovery)),),
            article=2,
        ),
        path,
        text,
    )


def _origin(recovery: Recovery) -> str:
    source = recovery.request.source
    return f"as read from {source}" if source and not recovery.disks else "as uploaded"


def edit(recovery: Recovery) -> Step:
    path, text = recovery.edited_path, recovery.edited
    step = Step(
        key="edit",
        title=f"Edit the copy: {recovery.old} becomes {recovery.new}",
        why=(
            "Only the volume group's name changes, one word of the file. UUIDs stay: by them LVM finds the disk."
            " Logical volumes keep their names, which stand under the new group's."
        ),
        host=recovery.host,
        files=(FileChange(path, recovery.request.metadata, text, note="only the group's name"),),
        verify=(
            Check(
                "lvm-reads",
                f"LVM's own reader finds volume group {recovery.new} in the edited file.",
                {"path": path, "group": recovery.new},
            ),
        ),
        article=3,
    )
    return file_step(step, path, text)


def file_step(step: Step, path: str, text: str) -> Step:
    """The step that writes `text` to `path`, checks it by its hash, and removes it on undo."""
    args = {"path": path, "sha256": sha256(text)}
    words = (path, args["sha256"])
    return Step(
        key=step.key,
        title=step.title,
        why=step.why,
        host=step.host,
        files=step.files,
        article=step.article,
        command=Call(words, script=script("put_file"), stdin=text),
        verify=(Check("file-is", "The file on the host has the approved content, by SHA-256.", args), *step.verify),
        undo=Undo(
            title=f"Remove {path}, if it is unchanged",
            command=Call(words, script=script("remove_file")),
            verify=(Check("file-gone", "The file is gone.", {"path": path}),),
        ),
        writes=(path,),
    )


def attach(recovery: Recovery) -> Step:
    count = len(recovery.pv_uuids)
    disk = "disk" if count == 1 else f"{count} disks"
    return Step(
        key="attach",
        title=f"Attach {recovery.request.vm}'s old {disk} to {recovery.host}",
        why=(
            "A person does this at the hypervisor, the old VM being off. Many controllers do not announce a new"
            " disk, so the host may not see it before the next step: say when it is attached."
        ),
        host=recovery.host,
        verify=(
            Check(
                "disk-visible", "A new disk carries a physical volume of the file.", {"pvs": list(recovery.pv_uuids)}
            ),
        ),
        wait=Wait(
            f"Attach {recovery.request.vm}'s old {disk} to {recovery.host} now, then confirm.",
            recovery.request.attach_deadline,
        ),
        no_undo="Detach the disk at the hypervisor when the undo has ended.",
        article=4,
    )


def rescan(recovery: Recovery) -> Step:
    uuids = list(recovery.pv_uuids)
    return Step(
        key="rescan",
        title="Rescan every SCSI host until the old disk is there",
        why=(
            "“- - -” asks an adapter for every channel, target and LUN; it only adds. The disk is recognised by"
            " the UUID in its LVM label, never by a name such as sdb, which depends on the order of arrival."
        ),
        host=recovery.host,
        command=Call((), script=script("rescan"), timeout=120),
        verify=(
            Check(
                "disks-arrived",
                f"{_all_of(uuids)} of the file, by UUID, is on exactly one new disk.",
                {"pvs": uuids},
            ),
        ),
        wait=Wait(
            f"Attach {recovery.request.vm}'s old disk; the host is rescanned until it is there.",
            recovery.request.attach_deadline,
        ),
        always_run=True,
        undo=Undo(
            title="Let the kernel forget the old disk, if it is still there",
            command=Call(tuple(uuids), script=script("remove_disks")),
            precheck=(Check("disks-idle", "Nothing on the host uses the old disk.", {"pvs": uuids}),),
            verify=(Check("disks-gone", "The old disk is gone from the host.", {"pvs": uuids}),),
        ),
        article=5,
    )


def _all_of(uuids: list[str]) -> str:
    return "The physical volume" if len(uuids) == 1 else f"Each of the {len(uuids)} physical volumes"


def identify(recovery: Recovery) -> Step:
    return Step(
        key="identify",
        title="Identify the disk: is it the one that the file speaks of?",
        why=(
            "vgcfgrestore believes the file. It compares neither sequence number nor volumes with the disk, and"
            " it would write on a disk of the running system as readily. So the disk's own text is read first:"
            " an old backup on a group that has since grown would tear it apart."
        ),
        host=recovery.host,
        verify=(
            Check(
                "identified",
                "The disk's own metadata agrees with the file in all but the name; nothing else uses the disk.",
                {"path": recovery.original_path, "pvs": list(recovery.pv_uuids)},
            ),
            UNCHANGED,
        ),
        no_undo="Only reads.",
    )


def quiet(recovery: Recovery) -> Step:
    return Step(
        key="quiet",
        title=f"Keep the old group {recovery.old} asleep until it has its new name",
        why=(
            "Event activation may have woken its volumes the moment the disk appeared, under the old name and"
            " for writing. They are put to sleep by the group's UUID, since the name may be the running group's."
        ),
        host=recovery.host,
        command=Call((recovery.vg_uuid,), script=script("settle.lib", "deactivate_old"), timeout=120),
        precheck=(Check("old-volumes-unmounted", "None of the old group's volumes is open or mounted."),),
        verify=(Check("old-name-asleep", f"No volume of the group is active under the name {recovery.old}."),),
        no_undo="There is nothing to take back: the group was not active before.",
        fleeting=True,
    )


def save(recovery: Recovery) -> Step:
    return Step(
        key="save",
        title="Save the disk's metadata areas",
        why=(
            "Everything LVM may write lies before the first extent (label and metadata area) and in areas that"
            " the label names. Written back byte for byte, they are the one undo that leaves the disk exactly as"
            " it was: vgrename back is impossible while the running group has the old name."
        ),
        host=recovery.host,
        command=Call(
            ("{run_dir}/saved", *_per_pv(recovery, "{{pv:{0}}}", "{{areas:{0}}}", uuid=True)),
            script=script("areas.lib", "save_areas"),
            timeout=300,
        ),
        verify=(
            Check(
                "areas-saved",
                "The saved areas are complete and what is on the disk, by SHA-256.",
                {"pvs": list(recovery.pv_uuids)},
            ),
        ),
        no_undo="Only reads the disk. The saved areas stay in the run's directory on the host.",
        writes=("{run_dir}/saved",),
    )


def _per_pv(recovery: Recovery, *patterns: str, uuid: bool) -> tuple[str, ...]:
    """For each physical volume its UUID, if asked for, and references such as `{pv:UUID}`."""
    return tuple(
        word for pv in recovery.pv_uuids for word in (*((pv,) if uuid else ()), *(p.format(pv) for p in patterns))
    )


def restore(recovery: Recovery) -> Step:
    new = recovery.new
    force = ("--force",) if recovery.metadata.volume_group.has_thin_volumes else ()
    return Step(
        key="restore",
        title=f"Restore the metadata under the new name {new}",
        why=(
            "LVM finds the physical volumes by UUID and writes the edited text into their metadata areas. From"
            " here on the old group is called by its new name, and no longer collides with the running one."
            + (" LVM wants --force where there are thin volumes; the text is the disk's own." if force else "")
        ),
        host=recovery.host,
        command=Call(("vgcfgrestore", *force, "-f", recovery.edited_path, new), timeout=180),
        precheck=(
            Check("ready-to-restore", "Disk, file and saved areas are still as identified; nothing of it is active."),
            Check("name-free", f"No volume group, device or mapping is called {new}.", {"group": new}),
            Check(
                "file-is",
                "The edited file is the approved one.",
                {"path": recovery.edited_path, "sha256": sha256(recovery.edited)},
            ),
            Check("room", "/etc/lvm has room: LVM archives the old metadata there first."),
            UNCHANGED,
        ),
        verify=(
            Check(
                "restored",
                f"The group with UUID {recovery.vg_uuid} is called {new}, on the old disk alone, one change newer.",
                {"group": new},
            ),
            UNCHANGED,
        ),
        undo=write_back(recovery, recovery.vg_uuid),
        writes=(f"the metadata of the old disk ({new})", "/etc/lvm/archive", f"/etc/lvm/backup/{new}"),
        danger=HIGH,
        cancel="never",
        article=6,
    )


def write_back(recovery: Recovery, group_uuid: str) -> Undo:
    """The way back from every strategy: the saved bytes. `group_uuid` is the group's UUID under its new name."""
    new = recovery.new
    then = "a disk has no label again" if recovery.bare else f"{new} is {recovery.old} again"
    return Undo(
        title=f"Write the saved areas back ({then}) and let the kernel forget the disk",
        command=Call(
            (
                "{run_dir}/saved",
                new,
                group_uuid,
                *_per_pv(recovery, "{{pv:{0}}}", "{{areas:{0}}}", "{{left:{0}}}", uuid=True),
            ),
            script=script("areas.lib", "give_back.lib", "restore_areas"),
            timeout=300,
        ),
        precheck=(
            Check("areas-as-left", "The disk's metadata is still what this change left there.", {"group": new}),
            Check("old-disk-idle", "No mapping points to the old disk and nothing on it is mounted."),
            Check("untouched", "Nothing was written to the old disk since, except where the plan allowed it."),
        ),
        verify=(
            Check("given-back", "The old disk holds its old metadata, or has left the host with it.", {"group": new}),
            UNCHANGED,
        ),
    )


def pvscan(recovery: Recovery) -> Step:
    return Step(
        key="pvscan",
        title="Scan the physical volumes",
        why="LVM shows each physical volume with its group: the old disk must stand in the new one.",
        host=recovery.host,
        command=Call(("pvscan",), timeout=120),
        verify=(
            Check(
                "group-seen", f"LVM sees every physical volume of the file in {recovery.new}.", {"group": recovery.new}
            ),
        ),
        always_run=True,
        no_undo="Only reads.",
        article=7,
    )


def vgscan(recovery: Recovery) -> Step:
    return Step(
        key="vgscan",
        title="Scan the volume groups",
        why="Each group must be there once, under its own name; LVM also brings its backups in /etc/lvm up to date.",
        host=recovery.host,
        command=Call(("vgscan",), timeout=120),
        verify=(
            Check(
                "group-alone",
                f"{recovery.new} and the running groups are there, no name twice.",
                {"group": recovery.new},
            ),
        ),
        always_run=True,
        no_undo="Only reads the disks.",
        article=8,
    )


def activate(recovery: Recovery) -> Step:
    new = recovery.new
    writable = recovery.request.read_write
    how = f"read-only, except {', '.join(writable)}" if writable else "read-only"
    whole = not by_name(recovery.metadata.volume_group)
    return Step(
        key="activate",
        title=f"Activate {new}, {how}",
        why=(
            "Read-only by LVM itself, so that no mount can write: “mount -o ro” alone would still replay a journal."
            " LVM's word is not taken for it: each mapping must point to the old disk and to nothing else, and each"
            " mapping of the running system must be the same as before."
        ),
        host=recovery.host,
        command=Call(
            (new, " ".join(_read_only(recovery)), *by_name(recovery.metadata.volume_group)),
            script=script("settle.lib", "activate"),
            timeout=180,
        ),
        precheck=(
            Check("group-alone", f"{new} is there, and no group's name is taken twice.", {"group": new}),
            Check("none-written", "No volume that is to be read-only is mounted for writing."),
        ),
        verify=(
            Check(
                "activated",
                f"{'Every volume' if whole else 'Each planned volume'} of {new} is active, {how}, and lies on the old"
                " disk alone.",
                {"group": new, "writable": list(writable)},
            ),
            UNCHANGED,
        ),
        undo=Undo(
            title=f"Deactivate {new}",
            command=Call(("vgchange", "-an", new), timeout=120),
            precheck=(
                Check("untouched", "Nothing was written to the old disk since, except where the plan allowed it."),
                Check("areas-as-left", "The group's metadata is still what this change left there.", {"group": new}),
                Check("volumes-closed", f"No volume of {new} is open."),
            ),
            verify=(Check("asleep", f"No volume of {new} is active."),),
        ),
        danger=MEDIUM,
        fleeting=True,
        article=9,
    )


def _read_only(recovery: Recovery) -> tuple[str, ...]:
    """LVM's read_only_volume_list: the whole group, or one by one all that nobody asked to write to."""
    if not recovery.request.read_write:
        return (recovery.new,)
    volumes = awake(recovery.metadata.volume_group)
    return tuple(f"{recovery.new}/{lv.name}" for lv in volumes if lv.name not in recovery.request.read_write)


def mounts(recovery: Recovery) -> tuple[Step, ...]:
    """One step for each volume, a directory before what is mounted below it."""
    steps: list[Step] = []
    for volume in parents_first(recovery.request.volumes):
        key = step_key(f"mount-{volume.lv}", {step.key for step in steps})
        steps.append(_mount(recovery, volume, key))
    return tuple(steps)


def step_key(name: str, taken: set[str]) -> str:
    """A step key, `[a-z0-9-]+`: volumes `Data` and `data` get different ones."""
    plain = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    return next(key for key in (plain, *(f"{plain}-{n}" for n in range(2, 1000))) if key not in taken)


def _mount(recovery: Recovery, volume: Volume, key: str) -> Step:
    device, made = recovery.device(volume.lv), f"{{run_dir}}/made/{key}"
    mode = "rw" if volume.read_write else "ro"
    lv = recovery.metadata.volume_group.logical_volume(volume.lv)
    args = {"lv": volume.lv, "lv_uuid": lv.id, "device": device, "mount_point": volume.mount_point, "mode": mode}
    writing = "for writing, replaying the journal if it is dirty" if volume.read_write else "read-only"
    return Step(
        key=key,
        title=f"Mount {volume.lv} on {volume.mount_point}, {writing}",
        why=(
            "The file system is chosen by what is on the volume. XFS is told to live with a UUID that may be"
            " mounted already; where the journal is dirty, the volume is mounted without replaying it and the log"
            " says so. Swap space is left alone."
            if not volume.read_write
            else "Asked for writing: if the file system is dirty, its journal is replayed, which changes the old disk."
        ),
        host=recovery.host,
        command=Call(
            (device, volume.mount_point, mode, made), script=script("directories.lib", "mount_volume"), timeout=180
        ),
        precheck=(
            Check("mountable", f"{device} is the old volume, {mode}, with something on it that can be mounted.", args),
            Check("place-free", f"Nothing is mounted on {volume.mount_point}, and it is empty or absent.", args),
        ),
        verify=(Check("mounted", f"{volume.lv} is mounted on {volume.mount_point}, {mode}.", args),),
        undo=Undo(
            title=f"Unmount {volume.mount_point}",
            command=Call((device, volume.mount_point, made), script=script("mounts.lib", "unmount_volume")),
            precheck=(Check("unmountable", "It is still our mount, as we left it, and nobody works in it.", args),),
            verify=(Check("unmounted", f"{volume.lv} is no longer mounted.", args),),
        ),
        writes=(volume.mount_point, *((f"volume {volume.lv} of the old disk",) if volume.read_write else ())),
        danger=MEDIUM if volume.read_write else LOW,
        fleeting=True,
        article=10,
    )


def volume_rows(recovery: Recovery) -> list[dict[str, Json]]:
    """The volumes to mount, as checks that speak of all of them want it."""
    return [
        {"lv": volume.lv, "mount_point": volume.mount_point, "device": recovery.device(volume.lv)}
        for volume in parents_first(recovery.request.volumes)
    ]


def report(recovery: Recovery) -> Step:
    rows = volume_rows(recovery)
    return Step(
        key="report",
        title="Show what is mounted where",
        why="So that the owner can see that it is the right data.",
        host=recovery.host,
        command=Call(tuple(row["mount_point"] for row in rows), script=script("report")),
        verify=(Check("report", "The volumes are mounted and can be listed.", {"volumes": rows}),),
        always_run=True,
        no_undo="Only reads.",
    )
