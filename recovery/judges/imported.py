"""The rule about a copy that was given UUIDs and a name of its own."""

from __future__ import annotations

from collections.abc import Mapping

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.disks import Reading, edited_of, is_copy, pv_uuids, read_disks
from recovery.facts.host import AskHost, HostState, names
from recovery.judges.disks import area_hashes
from recovery.lvm.metadata import Metadata


def imported(args: Mapping[str, Json], context: Context) -> Verdict:
    """Reads the disks and LVM's report; vgimportclone's exit code and its choice of a name are not believed."""
    reading, host, new = read_disks(context), context.ask(AskHost()), str(args["group"])
    texts = reading.texts(context)
    if not texts:
        return no("The old disk carries no metadata that can be read.")
    known = context.found.get("restore", {})
    for text in texts:
        trouble = _not_ours(text, new, context)
        if trouble:
            return no(trouble)
    group = texts[0].volume_group
    if known and (group.id, group.seqno) != (known["vg_uuid"], known["seqno"]):
        return no(f"Volume group {new} was changed since it was imported (sequence number {group.seqno}).")
    trouble = _unlike_lvm(texts[0], reading, host, context)
    if trouble:
        return no(trouble)
    pvs = {uuid: reading.with_uuid(uuid)[0].uuid for uuid in pv_uuids(context)}
    disks = {reading.with_uuid(uuid)[0].disk for uuid in pv_uuids(context)}
    written = {disk.name: disk.written for disk in host.disks if disk.name in disks}
    return yes(
        f"The copy is called {new} now, with UUIDs of its own, on {names(sorted(disks))} alone.",
        {
            "vg_uuid": group.id,
            "seqno": group.seqno,
            "pvs": pvs,
            "areas": area_hashes(reading, context),
            "written": known.get("written", written),
        },
    )


def _not_ours(text: Metadata, new: str, context: Context) -> str:
    group = text.volume_group
    if group.id == context.plan.target["vg_uuid"]:
        return "The copy still has its old UUIDs."
    if group.name != new:
        return f"LVM called the copy {group.name}, not {new}: the name was taken. Undo, and choose another name."
    if not is_copy(edited_of(context), text):
        return f"The volumes of {new} are not those that the copy had."
    return ""


def _unlike_lvm(text: Metadata, reading: Reading, host: HostState, context: Context) -> str:
    """What LVM on the host reports otherwise than the disk says; empty if it agrees."""
    group = host.group(text.volume_group.id)
    if group is None or group.name != text.volume_group.name:
        return f"LVM on the host does not see {text.volume_group.name} as the disk has it."
    seen = {pv.number: pv.uuid for pv in host.pvs if pv.group == group.uuid}
    there = {device.number: device.uuid for uuid in pv_uuids(context) for device in reading.with_uuid(uuid)}
    if seen != there:
        return f"LVM sees {group.name} on {len(seen)} devices, not on the {len(there)} of the old disk."
    return ""


RULES = {"imported": imported}
