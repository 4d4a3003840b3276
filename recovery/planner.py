"""Plans the recovery of a lost VM's volume group, or says why not. Pure: values in, a value out.

LVM in one paragraph. A disk (or partition) becomes a *physical volume* by a label with a UUID. Physical
volumes form a *volume group*, which has a UUID and a name; its space is cut into *logical volumes*. All of
that is described by one text, the metadata, of which every physical volume carries a copy and of which the
host keeps another in /etc/lvm/backup/<name>. The kernel knows nothing of groups: an active logical volume
is a *mapping* whose own UUID is made of the group's and the volume's.

The trouble. Every VM built from one template calls its group RootVG. Attach a dead VM's disk to a living one
and two groups have one name; LVM then works on neither, or on the wrong one. So the group gets another name:
`vgcfgrestore` writes an edited copy of the metadata text onto the disk, found by the physical volumes' UUIDs.

The danger. `vgcfgrestore` does what the text says. If the text is the living VM's own, it renames the volume
group under the running system, exit code 0, and the VM never boots again. If the disk is a clone of the living
one, every UUID is there twice and LVM picks one. UUIDs decide, names do not: that is what `refusals` is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from changes.plan import Json, Plan, Refusal
from recovery import counting, naming, steps
from recovery.asleep import asleep, awake, halves
from recovery.attached import Attached, Found, find
from recovery.contents import mountable, unmountable
from recovery.facts.host import Group, HostState, names
from recovery.facts.planning import FREE_ENOUGH, Planning
from recovery.fstab import parse_fstab
from recovery.lvm.compare import compare
from recovery.lvm.metadata import (
    InvalidName,
    MetadataError,
    dm_name,
    parse_metadata,
    renamed,
    validate_dm_names,
    validate_vg_name,
)
from recovery.places import offered, places
from recovery.request import IMPORT, RENAME, RESTORE, Problem, Request, Volume, problems
from recovery.steps import Recovery

KIND, VERSION = "recovery", 1

MOST_PVS = 16


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the target host when the plan is made."""

    host: HostState
    planning: Planning
    attached: tuple[Attached, ...] = ()
    contents: Mapping[str, str] = field(default_factory=dict)
    """Logical volume → what is on it, for the attached disk's group, as far as it could be told."""

    def to_json(self) -> dict[str, Json]:
        return {
            "host": self.host.to_json(),
            "planning": self.planning.to_json(),
            "attached": [device.to_json() for device in self.attached],
            "contents": dict(self.contents),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Facts:
        """What `to_json` made."""
        attached = tuple(Attached(**row) for row in data.get("attached", ()))
        host, planning = HostState.from_json(data["host"]), Planning.from_json(data["planning"])
        return cls(host, planning, attached, data.get("contents", {}))


def plan(params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
    """The plan for a request on a host, or the refusal. The same input gives the same digest."""
    try:
        request = Request.from_json(params)
    except ValueError as error:
        return Refusal((str(error),))
    found = list(problems(request))
    if found:
        return _refusal(found)
    known = Facts.from_json(facts)
    try:
        recovery = from_disk(request, known) if request.disk else read(request)
    except MetadataError as error:
        return Refusal((error.message,), "metadata")
    if isinstance(recovery, Problem):
        return _refusal([recovery])
    found = list(refusals(recovery, known))
    return _refusal(found) if found else _plan(recovery, known)


def read(request: Request) -> Recovery:
    """The request with its file read and renamed, and the old fstab's volumes if it names none. Raises MetadataError.

    `problems(request)` must have found nothing at `fstab`.
    """
    metadata = parse_metadata(request.metadata)
    if (request.fstab or request.source) and not request.volumes:
        entries = parse_fstab(request.fstab) if request.fstab else ()
        request = replace(request, volumes=offered(request.vm, metadata.volume_group, entries))
    return Recovery(request, metadata, renamed(metadata, request.new_vg))


def mount_points(params: Mapping[str, Json]) -> tuple[str, ...]:
    """Where a request mounts, as far as that can be told before the host is asked: it is asked about these places."""
    listed = tuple(str(volume["mount_point"]) for volume in params.get("volumes", ()))
    if listed or params.get("disk") or not (params.get("fstab") or params.get("source")):
        return listed
    try:
        return tuple(volume.mount_point for volume in read(Request.from_json(params)).request.volumes)
    except ValueError:
        return ()


def from_disk(request: Request, facts: Facts) -> Recovery | Problem:
    """The request with what stands on the attached disk, and the strategy that fits it. Raises MetadataError.

    rename   the disk's own metadata is good and no UUID of it is on the host twice: nothing else is needed
    import   the disk is a copy of one that the host has: it needs UUIDs of its own, or LVM mixes the two up
    restore  as from a file; chosen by a person, who may want the story's way
    """
    found = find(request.disk, facts.attached, facts.host)
    if isinstance(found, Problem):
        return found
    problem = _disagreement(request, found) or _unfit_strategy(request, found)
    if problem:
        return problem
    group = found.metadata.volume_group
    where = places(request.vm, group, parse_fstab(request.fstab) if request.fstab else ())
    there = mountable(awake(group), facts.contents)
    volumes = request.volumes or tuple(Volume(lv, where[lv].mount_point) for lv in there if not where[lv].is_swap)
    return Recovery(
        request=replace(request, metadata=found.text, volumes=volumes),
        metadata=found.metadata,
        edited=renamed(found.metadata, request.new_vg),
        strategy=request.strategy or (IMPORT if found.collides else RENAME),
        disks=tuple(device.identity for device in found.devices),
        evidence=_evidence(request, found),
    )


def _disagreement(request: Request, found: Found) -> Problem | None:
    """A file that says something else than the disk: a person chooses, having read what differs."""
    if not request.metadata.strip():
        return None
    differences = compare(parse_metadata(request.metadata), found.metadata)
    if differences.is_none:
        return None
    said = " ".join(item.sentence for item in differences.items)
    return Problem(
        "metadata",
        f"The file does not agree with the disk. {said} Leave the file out, and the plan is made from the disk itself.",
    )


def _unfit_strategy(request: Request, found: Found) -> Problem | None:
    wanted = request.strategy
    if found.collides and wanted not in ("", IMPORT):
        return Problem(
            "strategy",
            f"The disk is a copy of one that {request.host} has: {found.collides}. Only vgimportclone is safe then,"
            f" because it gives the copy UUIDs of its own; {wanted} could change the running system.",
        )
    if found.collides and found.awake:
        return Problem(
            "disk", f"Volumes of the copy are active: {names(found.awake)}. Deactivate them by hand, then look again."
        )
    mistakable = [device for device in found.devices if not device.is_unmistakable]
    if found.collides and mistakable:
        return Problem(
            "disk",
            f"{mistakable[0].name} has neither serial number, WWN nor SCSI address, so it cannot be told from the disk"
            " that it is a copy of. Attach it with a serial number.",
        )
    return None


def _evidence(request: Request, found: Found) -> str:
    """Why this strategy, in words for the approver."""
    where = names(device.spoken for device in found.devices)
    if found.collides:
        return f"{where} is a copy: {found.collides}. vgimportclone gives the copy UUIDs of its own."
    if request.strategy == RESTORE:
        return f"{where}: metadata as on the disk; vgcfgrestore was chosen by the requester."
    if request.strategy == IMPORT:
        return f"{where}: no UUID is there twice; vgimportclone was chosen by the requester, and makes new UUIDs."
    return f"{where}: the metadata on the disk is good and no UUID is there twice, so vgrename by UUID is enough."


def _refusal(found: list[Problem]) -> Refusal:
    return Refusal(tuple(problem.sentence for problem in found), found[0].field)


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


def _plan(recovery: Recovery, facts: Facts) -> Plan:
    """The ten steps of the procedure, with the three of ours in the one place where they help.

    Where the disk is there already, nothing is attached or waited for, and only vgcfgrestore needs the file.
    """
    request = recovery.request
    files = (steps.copy(recovery), steps.edit(recovery)) if recovery.strategy == RESTORE else ()
    arrival = () if recovery.disks else (steps.attach(recovery), steps.rescan(recovery))
    hidden = recovery.disks and facts.planning.uses_devices_file
    admit = (naming.admit(recovery),) if hidden else ()
    quiet = () if recovery.strategy == IMPORT else (steps.quiet(recovery),)
    return Plan(
        kind=KIND,
        version=VERSION,
        title=f"Recover {request.vm}'s {recovery.old} on {request.host} as {recovery.new}",
        target=_target(recovery, facts),
        steps=(
            steps.baseline(recovery),
            *files,
            *arrival,
            *admit,
            steps.identify(recovery),
            *quiet,
            steps.save(recovery),
            NAMING[recovery.strategy](recovery),
            steps.pvscan(recovery),
            steps.vgscan(recovery),
            steps.activate(recovery),
            *steps.mounts(recovery),
            steps.report(recovery),
            counting.count(recovery),
        ),
        warnings=tuple(_warnings(recovery, facts.contents)),
        settings=_settings(recovery),
    )


NAMING = {RESTORE: steps.restore, RENAME: naming.rename, IMPORT: naming.import_copy}
"""Strategy → the step that gives the group its new name; its key is `restore` whatever it does."""


def _target(recovery: Recovery, facts: Facts) -> dict[str, Json]:
    """By identity: names change, and a host restored from a backup keeps its name."""
    old = recovery.vg_uuid if recovery.disks and recovery.strategy != IMPORT else ""
    target = {
        "host": recovery.host,
        "machine_id": facts.host.machine_id,
        "running_groups": {group.uuid: group.name for group in facts.host.groups if group.uuid != old},
        "vm": recovery.request.vm,
        "vg_uuid": recovery.vg_uuid,
        "pv_uuids": list(recovery.pv_uuids),
    }
    if recovery.request.source and recovery.strategy == RESTORE and not recovery.disks:
        target["source"] = {"file": str(recovery.request.source), "sha256": steps.sha256(recovery.request.metadata)}
    return target | ({"disks": list(recovery.disks)} if recovery.disks else {})


def _settings(recovery: Recovery) -> dict[str, Json]:
    """What the judges compare with at run time."""
    group = recovery.metadata.volume_group
    hidden = halves(group, recovery.new)
    return {
        "old": recovery.old,
        "new": recovery.new,
        "seqno": group.seqno,
        "volumes": {lv.id: lv.name for lv in awake(group)},
        "writable": list(recovery.request.read_write),
        **({"halves": list(hidden)} if hidden else {}),
        **({"strategy": recovery.strategy, "text": recovery.request.metadata} if recovery.disks else {}),
        **({"evidence": recovery.evidence} if recovery.evidence else {}),
    }


def _warnings(recovery: Recovery, contents: Mapping[str, str]) -> Iterator[str]:
    vm, disk = recovery.request.vm, "disk" if len(recovery.pv_uuids) == 1 else "disks"
    if recovery.evidence:
        written = recovery.metadata.creation_host.split()[:1] or ["an unknown host"]
        yield f"{recovery.evidence} The group was last written on {written[0]}: see that this is {vm}'s."
    if recovery.request.source and not recovery.disks:
        written = recovery.metadata.creation_host.split()[:1] or ["an unknown host"]
        yield f"The metadata was read from {recovery.request.source} and is of {written[0]}: see that this is {vm}."
    yield (
        f"{vm} must be off, and its {disk} attached to {recovery.host} alone: two systems that write to one disk"
        " destroy it."
    )
    yield (
        f"While the {disk} carries the name {recovery.new}, {vm} would not boot from it. The undo gives the old"
        " name back."
    )
    yield (
        f"Do not restart {recovery.host} while the old {disk} is attached; undo first, or it may start from the wrong"
        " one."
    )
    writable = recovery.request.read_write
    if writable:
        yield (
            f"{names(writable)} will be mounted for writing. A dirty file system replays its journal then, which"
            " changes the old disk, and what is written stays after an undo."
        )
    else:
        yield "All volumes are read-only. Files that stood only in a dirty file system's journal will be missing."
    left = asleep(recovery.metadata.volume_group)
    if left:
        yield "Left asleep, not recovered: " + "; ".join(f"{lv}: {why}" for lv, why in left.items()) + "."
    for lv, why in unmountable(contents).items():
        yield f"Not mounted: {lv} {why} It is there as {recovery.device(lv)}, read-only, once the group is active."
    yield from recovery.metadata.warnings
