"""Rules about a host whose LVM sees only the disks in its devices file."""

from __future__ import annotations

from collections.abc import Mapping

from changes.answers import no, yes
from changes.kinds import Context, Verdict
from changes.plan import Json
from recovery.disks import pv_uuids, read_disks
from recovery.facts.devices import AskAdmitted
from recovery.facts.host import AskHost, names


def lvm_sees(args: Mapping[str, Json], context: Context) -> Verdict:
    reading, seen = read_disks(context), {pv.number for pv in context.ask(AskHost()).pvs}
    for uuid in pv_uuids(context):
        devices = reading.with_uuid(uuid)
        if len(devices) != 1:
            return no(f"Physical volume {uuid} must be on exactly one disk; it is on {len(devices)}.")
        if devices[0].number not in seen:
            return no(f"LVM does not see {devices[0].spoken}.")
    return yes("LVM sees every physical volume of the old disk.")


def devices_as_before(args: Mapping[str, Json], context: Context) -> Verdict:
    left = context.ask(AskAdmitted(context.run_dir))
    if left:
        return no(f"The devices file still lists physical volume {names(left)}.")
    return yes("The devices file does not list the old disk any more.")


RULES = {"lvm-sees": lvm_sees, "devices-as-before": devices_as_before}
