"""Rules about a disk that lost its label: still bare before it gets a new one, and what the label says then."""

from __future__ import annotations

from collections.abc import Mapping

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.disks import bare_ranges, file_of, read_disks
from recovery.facts.bare import AskBare
from recovery.judges.disks import area_hashes
from recovery.lvm.label import LabelError
from recovery.lvm.model import SECTOR


def still_bare(args: Mapping[str, Json], context: Context) -> Verdict:
    uuid = str(args["pv"])
    devices = read_disks(context).with_uuid(uuid)
    if len(devices) != 1:
        return no(f"The disk that lost its label must be there once; it is there {len(devices)} times.")
    device = devices[0]
    if device.label or device.damage:
        return no(f"{device.spoken} has a label by now: {device.damage or f'physical volume {device.uuid}'}.")
    head = int(bare_ranges(context)[uuid].partition(":")[2])
    signature, _ = context.ask(AskBare(((device.device, head),)))[device.device]
    if signature:
        return no(f"{device.spoken} holds a signature by now ({signature}): somebody has formatted it.")
    return yes(f"{device.spoken} has neither label nor any other signature.")


def relabelled(args: Mapping[str, Json], context: Context) -> Verdict:
    """Reads the label itself: UUID, first extent and size must be what the file tells."""
    uuid, reading = str(args["pv"]), read_disks(context)
    devices = reading.with_uuid(uuid)
    label = devices[0].label if len(devices) == 1 else None
    if label is None or label.uuid != uuid:
        return no("The disk does not carry the physical volume's label yet.")
    device, group = devices[0], file_of(context).volume_group
    pv = next(pv for pv in group.physical_volumes if pv.id == uuid)
    try:
        ranges = device.areas
    except LabelError as error:
        return no(str(error))
    if ranges != bare_ranges(context)[uuid]:
        return no(f"The new label on {device.spoken} tells other ranges ({ranges}) than the file.")
    if not (pv.pe_start + pv.pe_count * group.extent_size) * SECTOR <= label.device_size <= device.size:
        return no(f"The new label on {device.spoken} tells a size that does not fit.")
    return yes(f"{device.spoken} is physical volume {uuid} again.", {"areas": area_hashes(reading, context)})


RULES = {"still-bare": still_bare, "relabelled": relabelled}
