"""Rules about the old disk, before it has its new name and when it is given back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from changes.answers import no, not_yet, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.disks import (
    Reading,
    bare_ranges,
    file_of,
    group_pvs,
    is_import,
    pv_uuids,
    ranges_of,
    read_disks,
    vg_uuid,
)
from recovery.facts.areas import AskAreas, AskSaved
from recovery.facts.files import AskFile
from recovery.facts.host import AskHost, Dm, HostState, names
from recovery.facts.labels import AskTexts, Labelled
from recovery.lvm.label import LabelError
from recovery.lvm.metadata import MetadataError, dm_name, parse_metadata


def disk_visible(args: Mapping[str, Json], context: Context) -> Verdict:
    reading = read_disks(context)
    found = [device for uuid in pv_uuids(context) for device in reading.with_uuid(uuid)]
    if found:
        return yes(f"The old disk is there: {names(device.spoken for device in found)}.")
    return not_yet(_absent(reading, pv_uuids(context), context))


def disks_arrived(args: Mapping[str, Json], context: Context) -> Verdict:
    reading, uuids = read_disks(context), pv_uuids(context)
    for uuid in uuids:
        found = reading.with_uuid(uuid)
        if len(found) > 1:
            where = names(device.spoken for device in found)
            return not_yet(f"Physical volume {uuid} is there twice, on {where}. Detach the copy, then confirm.")
    absent = [uuid for uuid in uuids if not reading.with_uuid(uuid)]
    if absent:
        return not_yet(_absent(reading, absent, context))
    devices = [reading.with_uuid(uuid)[0] for uuid in uuids]
    return yes(f"The old disk is there: {names(device.spoken for device in devices)}.", {"disks": _rows(devices)})


def _rows(devices: Iterable[Labelled]) -> dict[str, Json]:
    return {
        device.uuid: {"device": device.device, "disk": device.disk, "serial": device.serial, "size": device.size}
        for device in devices
    }


def _absent(reading: Reading, absent: Iterable[str], context: Context) -> str:
    """What there is instead of the disk that is waited for, in words a person can act on."""
    wanted = set(pv_uuids(context))
    old = [device for device in reading.anywhere(absent) if device not in reading.new]
    if old:
        return (
            f"{old[0].spoken} carries physical volume {old[0].uuid}, but it was there before this run began."
            " Detach it, rescan, and attach it again."
        )
    ours = {device.disk for device in reading.new if device.uuid in wanted}
    strangers = [device for device in reading.new if not device.parent and device.name not in ours]
    if strangers:
        said = " ".join(_stranger(device, reading, context) for device in strangers)
        return f"{said} It is not the disk that the file speaks of. Attach the right one, then confirm."
    if ours:
        return f"Not every disk of the group is there yet: physical volume {names(absent)} is missing."
    return "No new disk is there yet."


def _stranger(disk: Labelled, reading: Reading, context: Context) -> str:
    device = next((part for part in reading.new if part.disk == disk.name and part.label), disk)
    if device.damage:
        return f"Another disk appeared: {disk.spoken}. {device.damage}"
    if device.label is None:
        return f"Another disk appeared: {disk.spoken}. It has no LVM label."
    areas = tuple((device.device, area.offset) for area in device.label.metadata_areas[:1])
    group = ""
    for text in context.ask(AskTexts(areas)).values() if areas else ():
        if isinstance(text, str) and text:
            try:
                metadata = parse_metadata(text)
            except MetadataError:
                continue
            group = (
                f", of volume group {metadata.volume_group.name} last written on {metadata.creation_host.split()[0]}"
            )
    return f"Another disk appeared: {disk.spoken}. Its label says physical volume {device.uuid}{group}."


def identified(args: Mapping[str, Json], context: Context) -> Verdict:
    reading, host = read_disks(context), context.ask(AskHost())
    trouble = identity_trouble(reading, host, context)
    if trouble:
        return no(trouble)
    devices = [reading.with_uuid(uuid)[0] for uuid in pv_uuids(context)]
    group = file_of(context).volume_group
    return yes(
        f"{names(device.spoken for device in devices)}: volume group {group.name}, sequence number {group.seqno},"
        f" {len(group.logical_volumes)} logical volumes, as in the file.",
        {"disks": _rows(devices), "vg_name": group.name, "seqno": group.seqno},
    )


def identity_trouble(reading: Reading, host: HostState, context: Context) -> str:
    """Why the new disks are not, beyond doubt, those of the file, and free; empty if they are."""
    for uuid in pv_uuids(context):
        devices = reading.with_uuid(uuid)
        if len(devices) != 1:
            there = names(device.spoken for device in devices) if devices else "no new disk"
            return f"Physical volume {uuid} must be on exactly one new disk; it is on {there}."
        is_bare = uuid in bare_ranges(context) and not devices[0].uuid
        if devices[0].uuid not in (uuid, group_pvs(context)[uuid]) and not is_bare:
            return f"{devices[0].spoken} carries physical volume {devices[0].uuid or 'nothing'} now, not {uuid}."
        sentence = _device_trouble(devices[0], host, context) or (
            "" if is_bare else _lvm_trouble(devices[0], host, context)
        )
        if sentence:
            return sentence
    # After our own write the disk says what we wrote; a resumed run meets it here.
    return reading.trouble(context, ours_too="save" in context.found)


def _device_trouble(device: Labelled, host: HostState, context: Context) -> str:
    users = [dm for dm in host.mappings if device.number in dm.devices()]
    own = set() if is_import(context) else {dm.name for dm in host.mappings_of(vg_uuid(context))}
    foreign = [dm.name for dm in users if dm.name not in own]
    holders = [name for name in device.holders if not name.startswith("dm-")]
    if foreign or holders:
        return f"{device.spoken} is in use by {names([*foreign, *holders])}."
    mounted = [mount.mount_point for mount in host.mounts if mount.number == device.number]
    if mounted or device.device in host.swaps:
        return f"{device.spoken} is in use itself, on {names(mounted) if mounted else 'swap'}."
    if device.label and device.label.device_size > device.size:
        return (
            f"{device.spoken} is smaller than its physical volume, which has {device.label.device_size} bytes: it is"
            " cut short. Attach a complete copy."
        )
    return ""


def _lvm_trouble(device: Labelled, host: HostState, context: Context) -> str:
    """What LVM on the host makes of a device with a label."""
    seen = [pv for pv in host.pvs if pv.uuid == device.uuid]
    if not seen:
        return f"LVM on this host does not see {device.spoken}; a filter in /etc/lvm/lvm.conf may hide it."
    if any(pv.duplicate for pv in seen) and not is_import(context):
        return f"LVM says that physical volume {device.uuid} is there twice. Detach the copy."
    return _areas_trouble(device)


def _areas_trouble(device: Labelled) -> str:
    try:
        device.areas  # noqa: B018  # raises where the label does not tell the areas
    except LabelError as error:
        return str(error)
    return ""


def old_volumes_unmounted(args: Mapping[str, Json], context: Context) -> Verdict:
    host = context.ask(AskHost())
    opened = [dm for dm in host.mappings_of(vg_uuid(context)) if host.opened_by_others(dm)]
    if opened:
        return no(f"{_where(opened[0], host)} Close it, then resume.")
    return yes("None of the old group's volumes is open.")


def _where(dm: Dm, host: HostState) -> str:
    points = [mount.mount_point for mount in host.mounts if mount.number == dm.number]
    return f"Volume {dm.name} is {'mounted on ' + names(points) if points else 'open'}."


def old_name_asleep(args: Mapping[str, Json], context: Context) -> Verdict:
    """Later, the group is active under its new name; that is not what is asked here."""
    new = {dm_name(context.plan.settings["new"], lv) for lv in context.plan.settings["volumes"].values()}
    new |= set(context.plan.settings.get("halves", ()))
    host = context.ask(AskHost())
    awake = [dm.name for dm in host.mappings_of(vg_uuid(context)) if dm.name not in new]
    if awake:
        return no(f"Active under the old name: {names(awake)}.")
    return yes("No volume of the group is active under its old name.")


def areas_saved(args: Mapping[str, Json], context: Context) -> Verdict:
    saved = context.ask(AskSaved(context.run_dir))
    absent = [uuid for uuid in pv_uuids(context) if uuid not in saved]
    if absent:
        return no(f"The metadata areas of physical volume {absent[0]} are not saved.")
    reading = read_disks(context)
    for uuid in pv_uuids(context):
        if not saved[uuid].intact:
            return no(f"The saved metadata areas of physical volume {uuid} were changed on the host.")
        if [ranges_of(device, uuid, context) for device in reading.with_uuid(uuid)] != [saved[uuid].ranges]:
            return no(f"The saved ranges of physical volume {uuid} are not those that its label names.")
    if "save" not in context.found:  # later we have written to the disk ourselves
        changed = _changed(reading, {uuid: area.noted for uuid, area in saved.items()}, context)
        if changed:
            return no(f"Physical volume {changed} is not as it was saved: somebody wrote to it.")
    rows = {uuid: {"ranges": area.ranges, "sha256": area.noted} for uuid, area in saved.items()}
    return yes(f"The metadata areas are saved, of physical volume {names(rows)}.", {"areas": rows})


def area_hashes(reading: Reading, context: Context) -> dict[str, str]:
    """Physical volume UUID → SHA-256 of its metadata areas now, for those that are there once."""
    devices = {uuid: reading.with_uuid(uuid) for uuid in pv_uuids(context)}
    there = {uuid: found[0] for uuid, found in devices.items() if len(found) == 1}
    areas = ((device.device, ranges_of(device, uuid, context)) for uuid, device in there.items())
    hashes = context.ask(AskAreas(tuple(areas)))
    return {uuid: hashes[device.device] for uuid, device in there.items()}


def _changed(reading: Reading, wanted: Mapping[str, str], context: Context) -> str:
    """UUID of the first physical volume whose areas have another hash than wanted; empty if none has."""
    now = area_hashes(reading, context)
    return next((uuid for uuid in pv_uuids(context) if now.get(uuid) != wanted.get(uuid)), "")


def ready_to_restore(args: Mapping[str, Json], context: Context) -> Verdict:
    reading, host = read_disks(context), context.ask(AskHost())
    trouble = identity_trouble(reading, host, context)
    if trouble:
        return no(trouble)
    numbers = {device.number for uuid in pv_uuids(context) for device in reading.with_uuid(uuid)}
    active = [dm for dm in host.mappings if dm.devices() & numbers]
    if not is_import(context):
        active += [dm for dm in host.mappings_of(vg_uuid(context)) if dm not in active]
    if active:
        return no(f"Active: {names(dm.name for dm in active)}. LVM would change what is in use.")
    return yes("The disk is the one that was identified, and nothing of it is active.")


def mended(args: Mapping[str, Json], context: Context) -> Verdict:
    trouble = read_disks(context).unread(context, str(args["pv"]))
    if trouble:
        return no(f"Physical volume {args['pv']} on the disk: {trouble}")
    return yes(f"The metadata on physical volume {args['pv']} says what the file says.")


def areas_as_left(args: Mapping[str, Json], context: Context) -> Verdict:
    reading = read_disks(context)
    absent = [uuid for uuid in pv_uuids(context) if not reading.with_uuid(uuid)]
    if absent:
        return no(f"Physical volume {names(absent)} is not on this host. Attach the old disk again, then undo again.")
    left = context.found.get("restore", {}).get("areas")
    if left:
        changed = _changed(reading, left, context)
        if changed:
            return no(
                f"The metadata on physical volume {changed} is not what this change left there: somebody has changed"
                " the group since. Undoing would destroy that. Take it back first, or keep the group and close this."
            )
        return yes("The metadata on the old disk is what this change left there.")
    # The run never learned what it left: then what is there must be the old text, or ours.
    trouble = reading.trouble(context, ours_too=True)
    return no(trouble) if trouble else yes("The metadata on the old disk is the old one, or what this change wrote.")


def old_disk_idle(args: Mapping[str, Json], context: Context) -> Verdict:
    reading, host = read_disks(context), context.ask(AskHost())
    devices = reading.anywhere(pv_uuids(context))
    numbers = {label.number for label in reading.labels if label.disk in {device.disk for device in devices}}
    users = [dm for dm in host.mappings if dm.devices() & numbers]
    if users:
        return no(f"{_where(users[0], host)} It lies on the old disk.")
    mounted = [mount.mount_point for mount in host.mounts if mount.number in numbers]
    if mounted:
        return no(f"A part of the old disk is mounted on {names(mounted)}.")
    return yes("Nothing uses the old disk." if devices else "The old disk is not on this host.")


def given_back(args: Mapping[str, Json], context: Context) -> Verdict:
    reading, host = read_disks(context), context.ask(AskHost())
    if args["group"] in host.backups and host.backups[str(args["group"])] == vg_uuid(context):
        return no(f"/etc/lvm/backup/{args['group']} is still there.")
    if context.ask(AskFile(f"{context.run_dir}/saved/given-back")) is None:
        return no("The old metadata has not been written back yet.")
    if not reading.anywhere(pv_uuids(context)):
        return yes("The old disk has its old metadata, and has left the host. Detach it at the hypervisor.")
    saved = context.ask(AskSaved(context.run_dir))
    changed = _changed(reading, {uuid: area.noted for uuid, area in saved.items()}, context)
    if changed:
        return no(f"Physical volume {changed} does not have its old metadata.")
    return yes("The old disk has its old metadata. The kernel could not let go of it: detach it at the hypervisor now.")


def disks_gone(args: Mapping[str, Json], context: Context) -> Verdict:
    there = read_disks(context).anywhere(pv_uuids(context))
    stuck = [device for device in there if device.removable]
    if stuck:
        return no(f"Still there: {names(device.spoken for device in stuck)}.")
    if there:
        return yes(f"The kernel cannot let go of {names(d.spoken for d in there)}: detach it at the hypervisor now.")
    return yes("The old disk has left the host. Detach it at the hypervisor.")


RULES = {
    "disk-visible": disk_visible,
    "disks-arrived": disks_arrived,
    "identified": identified,
    "old-volumes-unmounted": old_volumes_unmounted,
    "old-name-asleep": old_name_asleep,
    "areas-saved": areas_saved,
    "ready-to-restore": ready_to_restore,
    "mended": mended,
    "areas-as-left": areas_as_left,
    "old-disk-idle": old_disk_idle,
    "disks-idle": old_disk_idle,
    "given-back": given_back,
    "disks-gone": disks_gone,
}
