"""Plans the hand back of a recovered group, or says why not. Pure.

The group must get its old name while the host runs from another group of that name. Two ways, chosen from evidence:

saved    nobody has changed the group's metadata since the recovery: the bytes that the recovery saved are written
         back, and the disk is what it was, UUIDs too, but for files written on volumes mounted for writing
rewrite  the group was changed since, or the saved bytes are gone: its present text is written under the old name by
         an LVM that sees nothing but this disk
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from changes.plan import Json, Plan, Refusal
from recovery.facts.host import Dm, HostState, names
from recovery.facts.host_fstab import PATH
from recovery.facts.lvm_report import Group
from recovery.fstab_block import block_of, mentions
from recovery.handback import steps
from recovery.handback.facts import Facts
from recovery.handback.steps import HandBack, Mounted
from recovery.handback.wish import Wish
from recovery.lvm.metadata import MetadataError, parse_metadata, renamed
from recovery.refusals import root_group
from recovery.request import mount_point_problem

KIND, VERSION = "handback", 1


def plan(params: Mapping[str, Json], facts: Mapping[str, Json]) -> Plan | Refusal:
    """The plan for a wish on a host, or the refusal. The same input gives the same digest."""
    try:
        wish = Wish.from_json(params)
    except ValueError as error:
        return Refusal((str(error),))
    known = Facts.from_json(facts)
    group = known.host.group(wish.group)
    if group is None:
        return Refusal((_absent(wish),), "recovery")
    reasons = list(refusals(wish, group, known))
    if reasons:
        return Refusal(tuple(reasons), "recovery")
    try:
        return _plan(_hand_back(wish, group, known), known)
    except MetadataError as error:
        return Refusal((f"The group's metadata on the disk cannot be read: {error.message}",), "recovery")


def _absent(wish: Wish) -> str:
    return (
        f"{wish.host} has no volume group with the UUID {wish.group} any more: {wish.vm}'s disk was detached or its"
        " group was taken away since. There is nothing to hand back."
    )


def refusals(wish: Wish, group: Group, known: Facts) -> Iterator[str]:
    """Every reason to leave the group alone, gravest first."""
    host = known.host
    if group.uuid == root_group(host):
        yield f"{group.name} is the group that {wish.host} itself runs from. It is not handed back."
    if group.name == wish.old:
        yield f"The group is called {wish.old} already. Deactivate it and detach its disk by hand."
    if group.missing or len(known.devices) != len(_pvs(wish, group, known.host)):
        yield (
            f"A disk of {group.name} is missing on {wish.host}. Attach it again first: a part of a group under another"
            " name than the rest would tear it."
        )
    else:
        yield from _unlike_the_recovery(wish, group, known)
    yield from _in_use(group, host)
    yield from _shared_disk(group, known)
    line = mentions(known.fstab, group.name)
    if line:
        yield (
            f"Line {line} of {PATH} on {wish.host} names {group.name}, and Regroup did not write it: the next start"
            " would wait for a disk that has left. Take it out first."
        )
    if known.planning.lacks:
        yield f"{wish.host} lacks {names(known.planning.lacks)}; install lvm2 and util-linux there."


def _pvs(wish: Wish, group: Group, host: HostState) -> list[str]:
    return [pv.uuid for pv in host.pvs if pv.group == group.uuid]


def _unlike_the_recovery(wish: Wish, group: Group, known: Facts) -> Iterator[str]:
    texts = {device.text for device in known.devices if device.text}
    if len(texts) != 1:
        why = next((device.damage for device in known.devices if device.damage), "its disks do not agree on it.")
        yield f"The metadata of {group.name} cannot be used: {why}"
    if any(pv.duplicate for pv in known.host.pvs if pv.group == group.uuid):
        yield f"LVM sees a physical volume of {group.name} twice. Detach the copy first."
    if sorted(_pvs(wish, group, known.host)) != sorted(wish.pvs.values()):
        yield (
            f"{group.name} lies on other disks than recovery #{wish.recovery} left it on: it was extended or reduced"
            " since. Take that back first, then look again."
        )


def _in_use(group: Group, host: HostState) -> Iterator[str]:
    """Use that unmounting does not end, and mounts that are not ours to take away."""
    ours = host.mappings_of(group.uuid)
    numbers = {dm.number for dm in ours}
    for dm in host.mappings:
        if dm not in ours and dm.devices() & numbers:
            yield f"{dm.name} lies on a volume of {group.name}, and is no part of it. Close it first."
    for dm in ours:
        points = [mount.mount_point for mount in host.mounts if mount.number == dm.number]
        if dm.opened > bool(points) + sum(dm.number in other.devices() for other in host.mappings):
            yield f"Volume {dm.name} is held open by something else than a mount, such as swap. Close it first."
        for point in points:
            if said := mount_point_problem(point):
                yield f"Volume {dm.name} is mounted where it cannot be let go of: {said}"


def _shared_disk(group: Group, known: Facts) -> Iterator[str]:
    """Other parts of the same disks that are in use: the whole disk is taken from the host in the end."""
    ours = {device.number for device in known.devices}
    disks = {device.disk for device in known.devices}
    bare = (disk for disk in known.host.disks if disk.type in ("disk", "part"))
    parts = {disk.number: disk.name for disk in bare if disk.parent in disks or disk.name in disks}
    for number, name in parts.items():
        mounted = [mount.mount_point for mount in known.host.mounts if mount.number == number]
        used = [dm.name for dm in known.host.mappings if number in dm.devices()] if number not in ours else []
        if mounted or used:
            yield f"{name}, on the same disk as {group.name}, is in use: {names([*mounted, *used])}. Close it first."


def _hand_back(wish: Wish, group: Group, known: Facts) -> HandBack:
    text = next(device.text for device in known.devices if device.text)
    metadata = parse_metadata(text)
    order = [pv.id for pv in metadata.volume_group.physical_volumes]
    devices = {device.pv: device for device in known.devices}
    changed = _changed(wish, known)
    return HandBack(
        wish=wish,
        group=group,
        text=text,
        edited=renamed(metadata, wish.old),
        metadata=metadata,
        devices=tuple(devices[uuid] for uuid in order),
        mounts=tuple(_mounts(group, known.host)),
        awake=tuple(_awake(group, known.host)),
        changed=changed,
        uses_devices_file=known.planning.uses_devices_file,
        fstab=known.fstab,
    )


def _changed(wish: Wish, known: Facts) -> str:
    """Why the saved bytes do not fit any more, as half a sentence; empty if they do."""
    if wish.bare:
        return "a disk of it had no LVM label before the recovery, and no VM starts from one without"
    for planned, now in wish.pvs.items():
        saved, area = known.saved.get(planned), known.areas.get(now)
        if saved is None:
            return f"the areas that recovery #{wish.recovery} saved are no longer on {wish.host}"
        if not saved.intact or area is None or saved.ranges != area.ranges:
            return f"the areas that recovery #{wish.recovery} saved are damaged"
        if area.sha256 != wish.left.get(planned):
            return "the group's metadata was changed since the recovery"
    return ""


def _mounts(group: Group, host: HostState) -> Iterator[Mounted]:
    """What is mounted of the group, the deepest place first."""
    mapped = {dm.number: dm for dm in host.mappings_of(group.uuid)}
    ours = [mount for mount in host.mounts if mount.number in mapped]
    for mount in sorted(ours, key=lambda mount: mount.mount_point.split("/"), reverse=True):
        yield Mounted(mapped[mount.number].name, mount.mount_point, mount.fstype, mount.options)


def _awake(group: Group, host: HostState) -> Iterator[tuple[str, Dm]]:
    """Active volumes by name in the group, with their mappings; hidden halves are left out."""
    mapped = {dm.uuid: dm for dm in host.mappings_of(group.uuid)}
    for lv in host.lvs:
        dm = mapped.get("LVM-" + f"{group.uuid}{lv.uuid}".replace("-", ""))
        if lv.group == group.uuid and dm:
            yield lv.name, dm


def _plan(back: HandBack, known: Facts) -> Plan:
    wish = back.wish
    files = () if back.way == steps.SAVED else (steps.edit(back),)
    return Plan(
        kind=KIND,
        version=VERSION,
        title=f"Hand {wish.vm}'s disk back from {wish.host}: {back.group.name} is {wish.old} again",
        target={
            "host": wish.host,
            "machine_id": known.host.machine_id,
            "running_groups": {g.uuid: g.name for g in known.host.groups if g.uuid != wish.group},
            "vm": wish.vm,
            "vg_uuid": wish.group,
            "pv_uuids": [device.pv for device in back.devices],
            "disks": [device.identity for device in back.devices],
        },
        steps=(
            steps.baseline(back),
            *((steps.drop_lines(back),) if block_of(back.fstab, back.new) else ()),
            *steps.unmounts(back),
            steps.deactivate(back),
            steps.save(back),
            *files,
            steps.NAMING[back.way](back),
            *((steps.dismiss(back),) if back.uses_devices_file else ()),
            steps.detach(back),
        ),
        warnings=tuple(_warnings(back)),
        settings={
            "old": wish.old,
            "new": back.group.name,
            "seqno": back.metadata.volume_group.seqno,
            "volumes": {lv.id: lv.name for lv in back.metadata.volume_group.logical_volumes},
            "text": back.text,
            "way": back.way,
        },
    )


def _warnings(back: HandBack) -> Iterator[str]:
    wish = back.wish
    if back.way == steps.SAVED:
        yield (
            f"The group's metadata is as recovery #{wish.recovery} left it, so the saved bytes are written back: the"
            " disk's metadata is what it was before, to the byte."
        )
    else:
        yield (
            f"The group's present metadata is written under the name {wish.old}, because {back.changed}. What was"
            " changed in the group stays changed."
        )
        if wish.imported:
            yield (
                "The group keeps the UUIDs that the import gave it. If the VM's boot loader or fstab looks for the old"
                " ones, the VM will not start from this disk without a change there."
            )
    yield f"Nothing on {wish.host} can read {wish.vm}'s files afterwards. See that nobody needs them there."
    yield (
        f"Detach the disk at the hypervisor when the run says so, and before {wish.host} is restarted: two groups"
        f" called {wish.old} would be there."
    )
