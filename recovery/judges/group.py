"""Rules about the group under its new name: restored, seen, active, asleep, untouched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.disks import Reading, baseline_of, group_pvs, pv_uuids, read_disks, vg_uuid
from recovery.facts.host import AskHost, Dm, HostState, names
from recovery.judges.disks import area_hashes
from recovery.judges.host import backups_swapped
from recovery.lvm.metadata import dm_name


def name_free(args: Mapping[str, Json], context: Context) -> Verdict:
    new, own, host = str(args["group"]), vg_uuid(context), context.ask(AskHost())
    if any(group.name == new and group.uuid != own for group in host.groups):
        return no(f"There is a volume group called {new} by now.")
    if new in host.dev and not host.mappings_of(own):
        return no(f"/dev/{new} exists by now, and LVM would need that path.")
    wanted = {dm_name(new, lv) for lv in context.plan.settings["volumes"].values()}
    taken = [dm.name for dm in host.mappings if dm.name in wanted and dm not in host.mappings_of(own)]
    if taken:
        return no(f"/dev/mapper/{taken[0]} exists by now.")
    return yes(f"Nothing on the host is called {new}.")


def restored(args: Mapping[str, Json], context: Context) -> Verdict:
    host = context.ask(AskHost())
    trouble = _not_renamed(str(args["group"]), host, context)
    if trouble:
        return no(trouble)
    reading = read_disks(context)
    trouble = _elsewhere(host, reading, context) or reading.not_ours(context)
    if trouble:
        return no(trouble)
    old = context.found.get("restore", {})
    disks = {reading.with_uuid(uuid)[0].disk for uuid in pv_uuids(context)}
    written = {disk.name: disk.written for disk in host.disks if disk.name in disks}
    return yes(
        f"The old group is called {args['group']} now, on {names(sorted(disks))} alone.",
        {"areas": area_hashes(reading, context), "written": old.get("written", written)},
    )


def _not_renamed(new: str, host: HostState, context: Context) -> str:
    """Why LVM does not see the group under its new name, one change newer; empty if it does."""
    group = host.group(vg_uuid(context))
    if group is None:
        return f"LVM does not see the old group (UUID {context.plan.target['vg_uuid']})."
    if group.name != new:
        return f"The old group is called {group.name}, not {new}."
    if group.seqno != context.plan.settings["seqno"] + 1:
        return f"Volume group {new} was changed since it was restored (sequence number {group.seqno})."
    return ""


def _elsewhere(host: HostState, reading: Reading, context: Context) -> str:
    """A physical volume that LVM sees in another place than on the new disk; empty if all are right."""
    seen = {pv.uuid: pv for pv in host.pvs if pv.group == vg_uuid(context)}
    for planned, uuid in group_pvs(context).items():
        devices = reading.with_uuid(planned)
        if len(devices) != 1:
            return f"Physical volume {uuid} must be on exactly one new disk; it is on {len(devices)}."
        if uuid not in seen:
            return f"LVM does not see physical volume {uuid} in the group."
        if seen[uuid].number != devices[0].number:
            return f"LVM sees physical volume {uuid} on {seen[uuid].device}, not on {devices[0].device}."
    extra = sorted(set(seen) - set(group_pvs(context).values()))
    return f"The group has a physical volume {extra[0]} that is not in the file." if extra else ""


def group_seen(args: Mapping[str, Json], context: Context) -> Verdict:
    host = context.ask(AskHost())
    group = host.group(vg_uuid(context))
    if group is None or group.name != args["group"]:
        return no(f"LVM does not see the old group as {args['group']}.")
    seen = {pv.uuid for pv in host.pvs if pv.group == group.uuid}
    absent = [uuid for uuid in group_pvs(context).values() if uuid not in seen]
    if absent or group.missing:
        return no(f"Volume group {group.name} lacks physical volume {names(absent) if absent else 'of its own'}.")
    return yes(f"LVM sees physical volume {names(sorted(seen))} in {group.name}.")


def group_alone(args: Mapping[str, Json], context: Context) -> Verdict:
    host = context.ask(AskHost())
    twice = [name for name, count in Counter(group.name for group in host.groups).items() if count > 1]
    if twice:
        return no(f"Two volume groups are called {names(twice)}.")
    group = host.group(vg_uuid(context))
    if group is None or group.name != args["group"]:
        return no(f"LVM does not see the old group as {args['group']}.")
    gone = [old.name for old in baseline_of(context).groups if host.group(old.uuid) is None]
    if gone:
        return no(f"Volume group {names(gone)} of the running system is gone.")
    return yes(f"The volume groups are {names(sorted(group.name for group in host.groups))}, each once.")


def activated(args: Mapping[str, Json], context: Context) -> Verdict:
    host, base = context.ask(AskHost()), baseline_of(context)
    if not host.mappings_of(vg_uuid(context)):
        return no(f"No volume of {args['group']} is active.")
    reading = read_disks(context)
    numbers = {device.number for uuid in pv_uuids(context) for device in reading.with_uuid(uuid)}
    wrong = next(_wrong_mappings(args, host, numbers, context), "")
    if wrong:
        return no(wrong)
    swapped = backups_swapped(base, host)
    if swapped:
        return no(
            f"/etc/lvm/backup/{swapped} describes another group than the running one now. Its text from before is in"
            f" {context.run_dir}/baseline/etc-lvm/backup/{swapped}; run vgcfgbackup {swapped}."
        )
    rows = {
        dm.name: {"device": f"/dev/mapper/{dm.name}", "number": dm.number, "read_only": dm.read_only}
        for dm in host.mappings_of(vg_uuid(context))
    }
    return yes(f"Active, on the old disk alone: {names(sorted(rows))}.", {"volumes": rows})


def _wrong_mappings(args: Mapping[str, Json], host: HostState, numbers: set[str], context: Context) -> Iterator[str]:
    """What is not as planned about the group's mappings: name, device, or whether they can be written to."""
    prefix = "LVM-" + vg_uuid(context).replace("-", "")
    mappings = {dm.uuid: dm for dm in host.mappings_of(vg_uuid(context))}
    halves = context.plan.settings.get("halves", ())
    for uuid, lv in context.plan.settings["volumes"].items():
        dm = mappings.pop(prefix + uuid.replace("-", ""), None)
        wanted = dm_name(str(args["group"]), lv)
        if dm is None:
            yield f"Volume {lv} is not active."
        elif dm.name != wanted:
            yield f"Volume {lv} is active as {dm.name}, not as {wanted}."
        elif not host.leaves(dm) or not host.leaves(dm) <= numbers:
            where = names(sorted(host.leaves(dm)) or ["nothing"])
            yield f"Volume {lv} does not lie on the old disk alone: its table points to {where}."
        elif dm.read_only == (lv in args["writable"]):
            is_, planned = ("read-only", "for writing") if dm.read_only else ("writable", "read-only")
            yield f"Volume {lv} is active {is_}, though the plan says {planned}."
    others = [dm.name for dm in mappings.values() if dm.name not in halves or not host.leaves(dm) <= numbers]
    if others:
        yield f"Active, but not planned: {names(sorted(others))}."


def none_written(args: Mapping[str, Json], context: Context) -> Verdict:
    """Whether LVM's read-only rule would take a file system from somebody who writes to it."""
    host, writable = context.ask(AskHost()), context.plan.settings["writable"]
    allowed = {dm_name(context.plan.settings["new"], lv) for lv in writable}
    names_of = {dm.number: dm.name for dm in host.mappings_of(vg_uuid(context)) if dm.name not in allowed}
    for mount in host.mounts:
        if mount.number in names_of and not mount.read_only:
            return no(
                f"Volume {names_of[mount.number]} is mounted on {mount.mount_point} for writing, though the plan says"
                " read-only. Unmount it, then resume."
            )
    return yes("No volume that is to be read-only is mounted for writing.")


def untouched(args: Mapping[str, Json], context: Context) -> Verdict:
    """Whether anything was written to the old disk after our own write, by the kernel's own count.

    A restart of the host wakes the group for writing (event activation knows nothing of our rule) and the kernel
    counts from nothing again. So after one, writable volumes are no offence, and a single sector is.
    """
    host, writable = context.ask(AskHost()), context.plan.settings["writable"]
    restarted = host.boot_id != baseline_of(context).boot_id
    more = _written_since(host, restarted, context)
    loose = _writable_now(host, context)
    if loose and not restarted:
        return no(
            f"Volume {loose.name} can be written to now, though the plan made it read-only: somebody has changed"
            " that since. What was written cannot be taken back; keep the group and close this, or make it"
            " read-only again after looking."
        )
    if more and not writable:
        disk, sectors = more
        since = "the host was restarted" if restarted else "the restore"
        return no(
            f"{sectors} sectors were written to {disk} since {since},"
            " though all its volumes were to be read-only. Undoing would not give back the disk as it was; keep it and"
            " close this."
        )
    if writable:
        return yes(f"{names(writable)} was for writing, as approved: what was written there stays.")
    if restarted:
        return yes("The host was restarted since the restore; nothing was written to the old disk after that.")
    return yes("Nothing was written to the old disk since the restore.")


def _written_since(host: HostState, restarted: bool, context: Context) -> tuple[str, int] | None:
    """A disk of the old VM that was written to since the restore, or the restart, and how many sectors."""
    before = context.found.get("restore", {}).get("written", {})
    if restarted:
        reading = read_disks(context)
        before = {device.disk: 0 for uuid in pv_uuids(context) for device in reading.with_uuid(uuid)}
    now = {disk.name: disk.written for disk in host.disks}
    more = ((name, now.get(name, 0) - count) for name, count in before.items())
    return next(((name, sectors) for name, sectors in more if sectors > 0), None)


def _writable_now(host: HostState, context: Context) -> Dm | None:
    writable = {dm_name(context.plan.settings["new"], lv) for lv in context.plan.settings["writable"]}
    mappings = host.mappings_of(vg_uuid(context))
    loose = (dm for dm in mappings if not dm.read_only and dm.name not in writable)
    # The store of a snapshot is always mapped for writing; what is written there the sectors tell.
    return next((dm for dm in loose if dm.name not in context.plan.settings.get("halves", ())), None)


def volumes_closed(args: Mapping[str, Json], context: Context) -> Verdict:
    host = context.ask(AskHost())
    for dm in host.mappings_of(vg_uuid(context)):
        if host.opened_by_others(dm):
            points = [mount.mount_point for mount in host.mounts if mount.number == dm.number]
            where = f"mounted on {names(points)}" if points else "open"
            return no(f"Volume {dm.name} is {where}. Close it, then undo again.")
    return yes("None of the group's volumes is open.")


def asleep(args: Mapping[str, Json], context: Context) -> Verdict:
    active = context.ask(AskHost()).mappings_of(vg_uuid(context))
    if active:
        return no(f"Still active: {names(dm.name for dm in active)}.")
    return yes("None of the group's volumes is active.")


RULES = {
    "name-free": name_free,
    "restored": restored,
    "group-seen": group_seen,
    "group-alone": group_alone,
    "activated": activated,
    "none-written": none_written,
    "untouched": untouched,
    "volumes-closed": volumes_closed,
    "asleep": asleep,
}
