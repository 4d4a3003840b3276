"""Every reason not to plan a recovery: what would harm the running system, and what could not work. Pure.

`vgcfgrestore` does what the text says, whatever it says. So everything about text, names, volumes and host is held
against the host's own facts first, and each reason is one sentence: what, why, and what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recovery.asleep import asleep, awake
from recovery.contents import unmountable
from recovery.facts.host import HostState, names
from recovery.facts.lvm_report import Group
from recovery.facts.planning import FREE_ENOUGH, Planning, version
from recovery.known import Facts
from recovery.lvm.metadata import InvalidName, dm_name, validate_dm_names, validate_vg_name
from recovery.request import IMPORT, RELABEL, Problem
from recovery.steps import Recovery

MOST_PVS = 16

MENDS = (2, 3, 8)
"""First LVM that is known to mend one metadata area (`pvck --repairtype metadata`)."""


def refusals(recovery: Recovery, facts: Facts) -> Iterator[Problem]:
    """Every reason not to plan this, gravest first. Nothing has been asked of anybody yet."""
    if not recovery.disks:
        yield from same_identity(recovery, facts.host)
    yield from unfit_file(recovery)
    yield from new_name_taken(recovery, facts.host)
    yield from unfit_volumes(recovery)
    yield from unfit_contents(recovery, facts.contents)
    yield from unfit_places(recovery, facts.planning)
    yield from unfit_host(recovery, facts)


def same_identity(recovery: Recovery, host: HostState) -> Iterator[Problem]:
    """Never: a file whose UUIDs are in use on the target.

    Either it is the target's own backup, or the old disk is a clone of the target's; the file alone cannot
    tell which. In both cases restoring it would rename, or tear, the group that the host is running from.
    """
    group = recovery.metadata.volume_group
    known = host.group(group.id)
    shared = {pv.id for pv in group.physical_volumes} & {pv.uuid for pv in host.pvs}
    running = {dm.uuid[-32:] for dm in host.mappings if dm.uuid.startswith("LVM-")}
    lvs = {lv.id for lv in group.logical_volumes} & {lv.uuid for lv in host.lvs}
    lvs |= {lv.id for lv in group.logical_volumes if lv.id.replace("-", "") in running}
    if not (known or shared or lvs or host.mappings_of(group.id)):
        return
    if known and not in_use(known, host) and not _others(shared, known, host):
        yield Problem("metadata", _attached_already(recovery, known))
        return
    yield Problem("metadata", _own_group(recovery, host, known, shared))


def _others(shared: set[str], known: Group, host: HostState) -> bool:
    """Whether a physical volume of the file stands in another group of the host than `known`."""
    return any(pv.uuid in shared and pv.group != known.uuid for pv in host.pvs)


def _attached_already(recovery: Recovery, known: Group) -> str:
    return (
        f"The volume group that the file describes (VG UUID {short(known.uuid)}) is attached to {recovery.host}"
        f" already, as {known.name}, and idle. Detach its disk first: Regroup recognises the old disk by its not"
        " being there before."
    )


def _own_group(recovery: Recovery, host: HostState, known: Group | None, shared: set[str]) -> str:
    advice = f"Choose {recovery.request.vm}'s own backup, /etc/lvm/backup/{recovery.old} from its last backup."
    if known:
        root = "root " if known.uuid == root_group(host) else ""
        return (
            f"The file describes this host's own running {root}volume group (VG UUID {short(known.uuid)})."
            f" Restoring it would rename the system you are logged in to. {advice}"
        )
    what = f"physical volume {short(min(shared))}" if shared else "a logical volume"
    return (
        f"The file names {what}, which {recovery.host} is using itself: the file is the host's own, or the old disk"
        f" is a clone of the host's. Restoring it would change the running system. {advice}"
    )


def in_use(group: Group, host: HostState) -> bool:
    """Whether any volume of the group is active: the kernel's mappings are the truth, not LVM's report."""
    return bool(host.mappings_of(group.uuid)) or any(lv.active for lv in host.lvs if lv.group == group.uuid)


def root_group(host: HostState) -> str:
    """UUID of the volume group that / is on; empty if it is on none."""
    root = next((mount.number for mount in host.mounts if mount.mount_point == "/"), "")
    dm = next((dm for dm in host.mappings if dm.number == root), None)
    return next((group.uuid for group in host.groups if dm and dm in host.mappings_of(group.uuid)), "")


def short(uuid: str) -> str:
    """A UUID for a sentence: `y7Xc…3Fqa`."""
    return f"{uuid[:4]}…{uuid[-4:]}"


def unfit_file(recovery: Recovery) -> Iterator[Problem]:
    """Groups that LVM would not restore, or not activate afterwards, whatever their name."""
    group = recovery.metadata.volume_group
    try:
        validate_vg_name(group.name)
    except InvalidName as error:
        yield Problem("metadata", f"The file's volume group has a name that LVM does not allow. {error}")
    missing = [pv.name for pv in group.physical_volumes if pv.is_missing]
    if missing:
        yield Problem(
            "metadata",
            f"The file marks physical volume {names(missing)} as missing: when it was written, the group was"
            " incomplete already. Choose a backup from before that.",
        )
    if group.is_exported:
        yield Problem(
            "metadata",
            f"The file's volume group {group.name} is exported (vgexport); LVM would not activate it. Choose a"
            " backup from before the export.",
        )
    if {"CLUSTERED", "SHARED"} & set(group.status):
        yield Problem(
            "metadata",
            f"The file's volume group {group.name} is shared between hosts (clustered). Other hosts may be writing"
            " to it, so it is not recovered this way.",
        )
    if not group.physical_volumes:
        yield Problem("metadata", "The file names no physical volume, so there is no disk to look for.")
    if len(group.physical_volumes) > MOST_PVS:
        yield Problem(
            "metadata",
            f"The group lies on {len(group.physical_volumes)} physical volumes; Regroup recovers up to {MOST_PVS}.",
        )
    odd = [uuid for uuid in (group.id, *recovery.pv_uuids) if not uuid.replace("-", "").isalnum()]
    if odd:
        yield Problem("metadata", f"The UUID {odd[0]} has characters that LVM has never made UUIDs from.")


def new_name_taken(recovery: Recovery, host: HostState) -> Iterator[Problem]:
    """The new name must be free in every place where LVM puts it: groups, /dev and device-mapper."""
    new = recovery.new
    if new == recovery.old:
        yield Problem("new_vg", f"{new} is the old name. The group needs another one, or it collides again.")
    if any(group.name == new for group in host.groups):
        yield Problem("new_vg", f"{recovery.host} has a volume group called {new} already. Choose another name.")
    elif new in host.dev:
        yield Problem(
            "new_vg", f"/dev/{new} exists on {recovery.host}, and LVM would need that path. Choose another name."
        )
    wanted = {dm_name(new, lv.name) for lv in recovery.metadata.volume_group.logical_volumes}
    taken = sorted(wanted & {dm.name for dm in host.mappings})
    if taken:
        yield Problem("new_vg", f"/dev/mapper/{taken[0]} exists on {recovery.host} already. Choose another name.")
    try:
        validate_dm_names(new, (lv.name for lv in recovery.metadata.volume_group.logical_volumes))
    except InvalidName as error:
        yield Problem("new_vg", str(error))


def unfit_volumes(recovery: Recovery) -> Iterator[Problem]:
    """Volumes to mount that are not there, or that cannot be activated without writing to the old disk."""
    group = recovery.metadata.volume_group
    left = asleep(group)
    known = {lv.name: lv for lv in group.logical_volumes}
    if not recovery.request.volumes and not recovery.disks:
        yield Problem("volumes", "Nothing of the group looks as if it could be mounted; choose a volume yourself.")
    for volume in recovery.request.volumes:
        lv = known.get(volume.lv)
        if lv is None:
            there = names([lv.name for lv in group.visible_logical_volumes]) if known else "none"
            yield Problem("volumes", f"The file has no logical volume {volume.lv}; it has {there}.")
        elif lv not in group.visible_logical_volumes:
            yield Problem("volumes", f"{volume.lv} is an internal part of another volume and cannot be mounted.")
        elif volume.lv in left:
            yield Problem(
                "volumes",
                f"{volume.lv} is not activated: {left[volume.lv]}. Leave it out, and the others are recovered; then"
                " activate it by hand, on a copy of the disk.",
            )
    if group.logical_volumes and not awake(group):
        yield Problem(
            "metadata",
            f"No volume of {group.name} can be activated without writing to the old disk: "
            + "; ".join(f"{lv}: {why}" for lv, why in left.items())
            + ". Recover it by hand, on a copy of the disk.",
        )


def unfit_contents(recovery: Recovery, contents: Mapping[str, str]) -> Iterator[Problem]:
    """Volumes to mount that hold no file system: found out before anybody is asked, where the disk is there."""
    locked = unmountable(contents)
    for volume in recovery.request.volumes:
        if volume.lv in locked:
            yield Problem(
                "volumes",
                f"{volume.lv} {locked[volume.lv]} Leave it out: it is activated read-only with the others, as"
                f" {recovery.device(volume.lv)}.",
            )


def unfit_places(recovery: Recovery, planning: Planning) -> Iterator[Problem]:
    """Mount points that would hide something of the host's."""
    sentences = {
        "full": "is a directory with files in it, which the mount would hide. Choose an empty or a new one.",
        "mounted": "has something mounted on it already. Choose another one.",
        "file": "is not a directory. Choose another one.",
        "link": "leads elsewhere through a symbolic link. Write the path that it leads to, or choose another one.",
    }
    for volume in recovery.request.volumes:
        state = planning.places.get(volume.mount_point, "absent")
        if state in sentences:
            yield Problem("volumes", f"{volume.mount_point} on {recovery.host} {sentences[state]}")


def unfit_host(recovery: Recovery, facts: Facts) -> Iterator[Problem]:
    """Hosts on which LVM would see other disks than the kernel, or which have no room to work."""
    host, planning = recovery.host, facts.planning
    system_id = recovery.metadata.volume_group.system_id
    if system_id and system_id != planning.system_id:
        yield Problem(
            "metadata",
            f"The file's volume group belongs to the system ID {system_id}; {host} would hide it from itself as"
            " foreign. Take the line system_id out of the file, or recover on a host with that system ID.",
        )
    if planning.uses_devices_file and not recovery.disks:
        yield Problem(
            "host",
            f"{host} uses an LVM devices file (/etc/lvm/devices/system.devices), so LVM would not see the old disk."
            " Attach the disk first and name it in the request; then it is added to that file for the time being.",
        )
    if planning.uses_devices_file and recovery.strategy == IMPORT:
        yield Problem(
            "host",
            f"{host} uses an LVM devices file, and the disk is a copy of one that is in it. Regroup does not import"
            " copies there; choose a host without a devices file.",
        )
    if planning.uses_devices_file and recovery.bare:
        yield Problem(
            "host",
            f"{host} uses an LVM devices file, which lists disks by their labels. Regroup writes no new label there;"
            " choose a host without a devices file.",
        )
    if recovery.damaged and version(planning.lvm_version) < MENDS:
        yield Problem(
            "host",
            f"{host} has LVM {planning.lvm}, which cannot mend a damaged metadata area; 2.03.08"
            " and newer can. Choose another host for this recovery.",
        )
    untried = {IMPORT: "vgimportclone", RELABEL: "pvcreate on a disk without a label"}.get(recovery.strategy)
    if planning.tells_in_text and untried:
        yield Problem(
            "host",
            f"{host} has LVM {planning.lvm}. Regroup drives {untried} from 2.02.158 on; choose another host for this"
            " recovery.",
        )
    if any(" multipath " in f" {line} " for dm in facts.host.mappings for line in dm.table):
        yield Problem(
            "host",
            f"{host} uses multipath: the old disk would appear several times and be claimed by it. Choose a host"
            " without multipath, or attach the disk where multipath ignores it.",
        )
    own = set(recovery.pv_uuids) if recovery.strategy == IMPORT else set()
    twice = [pv.uuid for pv in facts.host.pvs if pv.duplicate and pv.uuid not in own]
    if twice:
        yield Problem(
            "host",
            f"{host} has two disks with the same physical volume UUID ({short(twice[0])}). LVM refuses to write"
            " while that is so; detach the copy first.",
        )
    if planning.lacks:
        yield Problem("host", f"{host} lacks {names(planning.lacks)}; install lvm2 and util-linux there.")
    for place, free in planning.free.items():
        if free < FREE_ENOUGH:
            yield Problem(
                "host",
                f"{place} on {host} has only {free // 1024} KiB free. LVM archives metadata there and Regroup saves"
                " the disk's metadata areas; make room for at least 8 MiB.",
            )
