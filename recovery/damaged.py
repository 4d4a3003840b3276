"""A disk whose label is good and whose metadata text is not: found by the old VM's backup file instead. Pure.

Only a person chooses this, by the strategy `restore` and a file: nothing on the disk can confirm the file any more
but the volumes themselves. What stands where the file says that volumes begin is the evidence (`recovery.contents`).
"""

from __future__ import annotations

from collections.abc import Mapping

from changes.plan import HIGH, Call, Check, Step
from recovery.attached import Attached, Found, busy, collision, find, is_named
from recovery.contents import KNOWN
from recovery.facts.host import HostState, names
from recovery.lvm.compare import compare
from recovery.lvm.metadata import Metadata, MetadataError, parse_metadata
from recovery.request import RESTORE, Problem
from recovery.scripts import script
from recovery.steps import UNCHANGED, Recovery, step_key, write_back


def locate(name: str, text: str, strategy: str, attached: tuple[Attached, ...], host: HostState) -> Found | Problem:
    """The group of the named disk: by what stands on it, or by the file where that cannot be read."""
    found = find(name, attached, host)
    if not isinstance(found, Problem) or not text.strip() or strategy != RESTORE:
        return found
    try:
        metadata = parse_metadata(text)
    except MetadataError as error:
        return Problem("metadata", error.message)
    return _by_file(name, metadata, attached, host) or found


def _by_file(name: str, metadata: Metadata, attached: tuple[Attached, ...], host: HostState) -> Found | Problem | None:
    """The devices that carry the file's physical volumes; None where the trouble with the disk is another one."""
    idle = [device for device in attached if device.pv and not busy(device, host)]
    devices = []
    for pv in metadata.volume_group.physical_volumes:
        there = [device for device in idle if device.pv == pv.id]
        if len(there) != 1 or there[0].pv_size > there[0].size:
            return None
        devices.append(there[0])
    unread = tuple(device for device in devices if not _readable(device))
    if not unread or not any(is_named(device, name) for device in devices):
        return None
    for device in devices:
        if _readable(device) and device.text:
            differences = compare(metadata, parse_metadata(device.text))
            if not differences.is_none:
                said = " ".join(item.sentence for item in differences.items)
                return Problem("metadata", f"The file does not agree with {device.spoken}. {said}")
    if twice := collision(metadata, devices, attached, host):
        return Problem(
            "disk", f"The disk is a copy: {twice}. With its metadata damaged it cannot be told apart safely."
        )
    # LVM compares the disks' texts by checksum, so what another disk says is written, letter for letter.
    text = next((device.text for device in devices if device not in unread), metadata.text)
    return Found(parse_metadata(text), text, tuple(devices), "", (), unread)


def _readable(device: Attached) -> bool:
    """Whether the device's own text can be read; one without any text, and no damage said, counts as damaged too."""
    if device.damage or not device.text:
        return False
    try:
        parse_metadata(device.text)
    except MetadataError:
        return False
    return True


def confirmed(found: Found, contents: Mapping[str, str]) -> Problem | str:
    """What on the disk speaks for the file, in words for the approver; a Problem where nothing does."""
    where = names(device.spoken for device in found.unread)
    seen = [f"{kind} where {lv} begins" for lv, kind in sorted(contents.items()) if kind in KNOWN]
    if not seen:
        return Problem(
            "metadata",
            f"The metadata on {where} cannot be read, and nothing known stands where the file says that"
            " volumes begin. The file may be another's, or too old; restoring it could tear every volume.",
        )
    return (
        f"The metadata on {where} cannot be read, so the group is described by the file alone. The disk"
        f" holds {names(seen)}, as the file has it. If a volume was moved or made larger after the file was written,"
        " its contents will be torn: read them before you trust them."
    )


def mends(recovery: Recovery) -> tuple[Step, ...]:
    """One step for each damaged physical volume, after the areas are saved. vgcfgrestore passes damaged areas over."""
    steps: list[Step] = []
    for uuid in recovery.damaged:
        steps.append(_mend(recovery, uuid, step_key("mend", {step.key for step in steps})))
    return tuple(steps)


def _mend(recovery: Recovery, uuid: str, key: str) -> Step:
    return Step(
        key=key,
        title=f"Write the metadata of {recovery.old} anew on the disk where it is damaged",
        why=(
            "vgcfgrestore writes only to metadata areas that it can read, and ends with “No metadata areas to write"
            " to!” where there is none. pvck writes the file's text into this disk's area alone, under the old name;"
            " after that it is a disk like any other."
        ),
        host=recovery.host,
        command=Call(
            (recovery.vg_uuid, recovery.original_path, f"{{pv:{uuid}}}"),
            script=script("mend_metadata", "settle.lib", "deactivate_old"),
            timeout=180,
        ),
        precheck=(
            Check("ready-to-restore", "Disk and saved areas are still as identified; nothing of it is active."),
            Check("areas-saved", "The saved areas are complete, by SHA-256."),
            UNCHANGED,
        ),
        verify=(
            Check("mended", "The disk's own metadata can be read and says what the file says.", {"pv": uuid}),
            UNCHANGED,
        ),
        undo=write_back(recovery, recovery.vg_uuid),
        writes=("the damaged metadata area of the old disk",),
        danger=HIGH,
        cancel="never",
    )
