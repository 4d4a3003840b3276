"""What typed references in a plan's commands stand for, looked up just before the step.

`{run_dir}`     the run's directory on the host
`{pv:UUID}`     the device whose LVM label has that UUID, among disks that were not there at the baseline
`{areas:UUID}`  the byte ranges of that device that LVM may write to, `start:length,…`, by its label
`{vg:now}`      the imported group's UUID as the disk has it, or `none` while it still has its old one
`{left:UUID}`   SHA-256 that those ranges must have now: as after our write, or, where the run never learned
                that, as they are, if what they say is what the disk said before or what we wrote
"""

from __future__ import annotations

from collections.abc import Sequence

from changes.kinds import Context
from recovery.disks import Reading, ranges_of, read_disks
from recovery.facts.areas import AskAreas
from recovery.lvm.label import LabelError


def resolve(reference: str, context: Context) -> Sequence[str]:
    """All matches; the engine runs the step only on exactly one."""
    if reference == "run_dir":
        return (context.run_dir,)
    kind, _, uuid = reference.partition(":")
    reading = read_disks(context)
    if kind == "vg":
        return [_group_now(reading, context)]
    matches = reading.with_uuid(uuid)
    if kind == "pv":
        return [disk.device for disk in matches]
    try:
        areas = [(disk.device, ranges_of(disk, uuid, context)) for disk in matches]
    except LabelError:
        return ()
    if kind == "areas":
        return [ranges for _, ranges in areas]
    if kind == "left":
        return _left(uuid, areas, reading, context)
    return ()


def _group_now(reading: Reading, context: Context) -> str:
    """The imported group's UUID, by what the disk itself says; `none` while it still has its old one."""
    found = {text.volume_group.id for text in reading.texts(context)} - {context.plan.target["vg_uuid"]}
    return found.pop() if len(found) == 1 else "none"


def _left(uuid: str, areas: list[tuple[str, str]], reading: Reading, context: Context) -> Sequence[str]:
    known = context.found.get("restore", {}).get("areas", {}).get(uuid)
    if known:
        return (str(known),)
    if reading.trouble(context, ours_too=True):
        return ()
    return list(context.ask(AskAreas(tuple(areas))).values())
