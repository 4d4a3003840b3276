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
one, every UUID is there twice and LVM picks one. UUIDs decide, names do not: `recovery.refusals` is about that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from changes.plan import Json, Plan, Refusal
from recovery import bare, counting, damaged, lasting, naming, steps
from recovery.asleep import asleep, awake, halves
from recovery.attached import Found
from recovery.contents import mountable, unmountable
from recovery.facts.host import names
from recovery.facts.planning import Planning
from recovery.fstab import Entry, parse_fstab
from recovery.known import Facts
from recovery.lvm.compare import compare
from recovery.lvm.metadata import MetadataError, parse_metadata, renamed
from recovery.places import offered, places
from recovery.refusals import refusals
from recovery.request import IMPORT, RELABEL, RENAME, RESTORE, Problem, Request, Volume, problems
from recovery.steps import Recovery

KIND, VERSION = "recovery", 1


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
    found = [*refusals(recovery, known), *_unlasting(recovery, known)]
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
    restore  as from a file; chosen by a person, who may want the story's way, or has a file for a damaged disk
    relabel  the last resort, chosen by a person who has a file for a disk without a label
    """
    found = locate(request, facts)
    if isinstance(found, Problem):
        return found
    evidence = _evidence(request, found, facts)
    if isinstance(evidence, Problem):
        return evidence
    problem = _disagreement(request, found) or _unfit_strategy(request, found)
    if problem:
        return problem
    group = found.metadata.volume_group
    where = places(request.vm, group, _entries(request, facts))
    there = mountable(awake(group), facts.contents)
    volumes = request.volumes or tuple(Volume(lv, where[lv].mount_point) for lv in there if not where[lv].is_swap)
    return Recovery(
        request=replace(request, metadata=found.text, volumes=volumes),
        metadata=found.metadata,
        edited=renamed(found.metadata, request.new_vg),
        strategy=request.strategy or (IMPORT if found.collides else RENAME),
        disks=tuple(device.identity for device in found.devices),
        evidence=evidence,
        fstab=facts.disk_fstab if request.fstab_from_disk and not request.volumes else None,
        damaged=tuple(device.pv for device in found.unread),
        bare=tuple(device.pv for device in found.bare),
    )


def _entries(request: Request, facts: Facts) -> tuple[Entry, ...]:
    """The lines of the old VM's /etc/fstab: given, or found on the disk."""
    if request.fstab_from_disk:
        return facts.disk_fstab.entries if facts.disk_fstab else ()
    return parse_fstab(request.fstab) if request.fstab else ()


def locate(request: Request, facts: Facts) -> Found | Problem:
    """The named disk's whole group, by what stands on the disks, or by the file where a person says so."""
    if request.strategy != RELABEL:
        return damaged.locate(request.disk, request.metadata, request.strategy, facts.attached, facts.host)
    lost = bare.lost(request.disk, request.metadata, facts.attached, facts.host)
    return lost if isinstance(lost, Problem) else bare.choose(lost, {device.name: device for device in facts.bare})


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


def _evidence(request: Request, found: Found, facts: Facts) -> str | Problem:
    """Why this strategy, in words for the approver; a Problem where nothing speaks for it."""
    if found.bare:
        return bare.evidence(found, {device.name: device for device in facts.bare})
    if found.unread:
        return damaged.confirmed(found, facts.contents)
    where = names(device.spoken for device in found.devices)
    if found.collides:
        return f"{where} is a copy: {found.collides}. vgimportclone gives the copy UUIDs of its own."
    if request.strategy == RESTORE:
        return f"{where}: metadata as on the disk; vgcfgrestore was chosen by the requester."
    if request.strategy == IMPORT:
        return f"{where}: no UUID is there twice; vgimportclone was chosen by the requester, and makes new UUIDs."
    return f"{where}: the metadata on the disk is good and no UUID is there twice, so vgrename by UUID is enough."


def _unlasting(recovery: Recovery, facts: Facts) -> Iterator[Problem]:
    if recovery.request.lasting:
        yield from lasting.problems(recovery, facts.fstab, dict(facts.contents))


def _refusal(found: list[Problem]) -> Refusal:
    return Refusal(tuple(problem.sentence for problem in found), found[0].field)


def _plan(recovery: Recovery, facts: Facts) -> Plan:
    """The ten steps of the procedure, with the three of ours in the one place where they help.

    Where the disk is there already, nothing is attached or waited for, and only vgcfgrestore needs the file.
    """
    request = recovery.request
    files = (steps.copy(recovery), steps.edit(recovery)) if recovery.strategy in (RESTORE, RELABEL) else ()
    arrival = () if recovery.disks else (steps.attach(recovery), steps.rescan(recovery))
    hidden = recovery.disks and facts.planning.uses_devices_file
    admit = (naming.admit(recovery),) if hidden else ()
    last = (lasting.lasting(recovery, facts.fstab, dict(facts.contents)),) if request.lasting else ()
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
            *damaged.mends(recovery),
            *bare.relabels(recovery),
            NAMING[recovery.strategy](recovery),
            steps.pvscan(recovery),
            steps.vgscan(recovery),
            steps.activate(recovery),
            *steps.mounts(recovery),
            *last,
            steps.report(recovery),
            counting.count(recovery),
        ),
        warnings=(*_warnings(recovery, facts.contents), *_untried(recovery, facts.planning)),
        settings=_settings(recovery),
    )


NAMING = {
    RESTORE: steps.restore,
    RENAME: naming.rename,
    IMPORT: naming.import_copy,
    RELABEL: steps.restore,
}
"""Strategy → the step that gives the group its new name; its key is `restore` whatever it does."""


def _untried(recovery: Recovery, planning: Planning) -> Iterator[str]:
    """What of the host's LVM is known to us from others' transcripts alone."""
    if planning.tells_in_text:
        yield (
            f"{recovery.host} has LVM {planning.lvm}, older than 2.02.158. How such LVM behaves is known to Regroup"
            " from transcripts only and was not run by us: work on a copy of the disk, and read each step's answer."
        )
    if planning.lvmetad:
        yield (
            f"{recovery.host} runs lvmetad, which answers for LVM from its own memory. It is told to look at the disks"
            " again (pvscan --cache) where they have changed. That is known from transcripts only and was not run by"
            " us."
        )


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
        **({"damaged": list(recovery.damaged)} if recovery.damaged else {}),
        **({"bare": bare.ranges(recovery)} if recovery.bare else {}),
        **({"fstab": recovery.fstab.to_json()} if recovery.fstab else {}),
    }


def _warnings(recovery: Recovery, contents: Mapping[str, str]) -> Iterator[str]:
    vm, disk = recovery.request.vm, "disk" if len(recovery.pv_uuids) == 1 else "disks"
    if recovery.evidence:
        written = recovery.metadata.creation_host.split()[:1] or ["an unknown host"]
        yield f"{recovery.evidence} The group was last written on {written[0]}: see that this is {vm}'s."
    if recovery.fstab:
        yield recovery.fstab.told
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
    if recovery.request.lasting:
        yield (
            f"{recovery.host} mounts the volumes again at each start. LVM's read-only rule does not last that long:"
            " only the mounts are read-only then, and root could write to the volumes under them."
        )
    else:
        yield (
            f"Do not restart {recovery.host} while the old {disk} is attached; undo first, or it may start from the"
            " wrong one."
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
