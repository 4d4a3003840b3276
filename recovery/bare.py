"""A disk whose LVM label is gone and whose data stand: it gets its label back from the old VM's backup file. Pure.

The last way, and only a person chooses it: with the label nothing is left by which LVM knows the disk, and what is
written in its place is what the file says. So the disk must be idle and bare (whoever overwrote the label left no
partition table and no file system), it must be big enough, no UUID of the file may be on the host elsewhere, and what
stands on the disk must speak for the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from changes.plan import HIGH, Call, Check, Json, Step
from recovery.attached import Attached, Found, absent, busy, collision, is_named, not_one
from recovery.contents import KNOWN, Place, places
from recovery.facts.host import HostState, names
from recovery.lvm.compare import compare
from recovery.lvm.metadata import Metadata, MetadataError, parse_metadata
from recovery.lvm.model import SECTOR, PhysicalVolume
from recovery.request import Problem
from recovery.scripts import script
from recovery.steps import UNCHANGED, Recovery, step_key, write_back

LEAST_HEAD = 4096 * 2
"""Bytes before the first extent: label and the smallest metadata area. Less was never made by LVM2."""

MOST_HEAD = 64 * 2**20
"""Bytes before the first extent that are saved and searched; LVM makes one MiB."""


@dataclass(frozen=True, slots=True)
class Bare:
    """What stands on a device without a label.

    signature  what blkid knows the whole device for, such as `dos` or `ext4`; `?` for several; empty for nothing
    seen       logical volume that begins on it, by the file → what blkid finds there
    remains    group UUID → highest sequence number, in what is left of metadata texts before the first extent
    """

    name: str
    signature: str
    seen: Mapping[str, str]
    remains: Mapping[str, int]

    def to_json(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "signature": self.signature,
            "seen": dict(self.seen),
            "remains": dict(self.remains),
        }


@dataclass(frozen=True, slots=True)
class Lost:
    """A group whose one physical volume `pv` is on no labelled device, and the bare devices that may be it."""

    metadata: Metadata
    text: str
    pv: PhysicalVolume
    labelled: Mapping[str, Attached]
    candidates: tuple[Attached, ...]

    @property
    def head(self) -> int:
        """Bytes before the first extent."""
        return self.pv.pe_start * SECTOR

    def found(self, device: Attached) -> Found:
        """The whole group, were the physical volume on that device."""
        there = replace(device, pv=self.pv.id, pv_size=0)
        devices = [self.labelled.get(pv.id, there) for pv in self.metadata.volume_group.physical_volumes]
        return Found(self.metadata, self.text, tuple(devices), "", (), (), (there,))

    def begins(self, device: Attached) -> dict[str, Place]:
        """Volumes that would begin on that device."""
        return {lv: place for lv, place in places(self.found(device)).items() if place.device == f"/dev/{device.name}"}


def lost(name: str, text: str, attached: tuple[Attached, ...], host: HostState) -> Lost | Problem:
    """Which physical volume of the file the named disk must be; or why it cannot be given a label."""
    try:
        metadata = parse_metadata(text)
    except MetadataError as error:
        return Problem("metadata", error.message)
    here = [device for device in attached if is_named(device, name)]
    if not here:
        return Problem("disk", absent(name, attached, host))
    for device in here:
        if said := busy(device, host):
            return Problem("disk", f"{said} Only an idle disk is given a label.")
    candidates = tuple(device for device in here if not device.pv)
    if not candidates or len({device.disk for device in candidates}) > 1:
        said = f"{here[0].spoken} has its LVM label" if not candidates else f"Several disks are called {name}"
        return Problem("disk", f"{said}. The strategy relabel is for one disk whose label is gone; leave it out.")
    return _lost(metadata, text, candidates, attached, host)


def _lost(
    metadata: Metadata, text: str, candidates: tuple[Attached, ...], attached: tuple[Attached, ...], host: HostState
) -> Lost | Problem:
    """The group's other disks, each once and readable; the one that is left over is the bare one."""
    group, labelled, gone = metadata.volume_group, dict[str, Attached](), list[PhysicalVolume]()
    for pv in group.physical_volumes:
        there = [device for device in attached if device.pv == pv.id]
        if len(there) > 1:
            return Problem("disk", not_one(pv.id, there, metadata))
        if not there:
            gone.append(pv)
        elif said := busy(there[0], host):
            return Problem("disk", f"{said} It is a disk of the file's group, and in use.")
        else:
            labelled[pv.id] = there[0]
    if not gone:
        where = names(device.spoken for device in labelled.values())
        return Problem("disk", f"Every physical volume of the file has its label, on {where}. None of them is lost.")
    if len(gone) > 1:
        return Problem(
            "disk",
            f"{len(gone)} physical volumes of the file are on no disk with a label: {names(pv.id for pv in gone)}."
            " Regroup gives one disk its label back, and the group's others must be there. Attach them, or work by"
            " hand on copies of the disks.",
        )
    if twice := collision(metadata, [*labelled.values(), *candidates], attached, host):
        return Problem("disk", f"A UUID of the file is on the host elsewhere: {twice}. The label is not written twice.")
    theirs = _disagreement(metadata, labelled)
    if isinstance(theirs, Problem):
        return theirs
    return Lost(parse_metadata(theirs or text), theirs or text, gone[0], labelled, candidates)


def _disagreement(metadata: Metadata, labelled: Mapping[str, Attached]) -> Problem | str:
    """Why the group's other disks do not speak for the file; else the text on them, which is written then."""
    text = ""
    for device in labelled.values():
        if device.damage:
            return Problem("disk", f"The metadata on {device.spoken} cannot be used either: {device.damage}")
        if not device.text:
            continue
        try:
            differences = compare(metadata, parse_metadata(device.text))
        except MetadataError as error:
            return Problem("disk", f"The metadata on {device.spoken} cannot be used either: {error.message}")
        if not differences.is_none:
            said = " ".join(item.sentence for item in differences.items)
            return Problem("metadata", f"The file does not agree with {device.spoken}. {said}")
        text = device.text
    return text


def choose(lost: Lost, bare: Mapping[str, Bare]) -> Found | Problem:
    """The one candidate on which everything fits, or the reason against the first. `bare` is by device name."""
    verdicts = {device: _unfit(lost, device, bare.get(device.name)) for device in lost.candidates}
    fit = [device for device, problem in verdicts.items() if problem is None]
    if len(fit) > 1:
        return Problem(
            "disk",
            f"What stands on {names(device.spoken for device in fit)} fits the file on each of them, so nobody can tell"
            " which one lost its label. Work by hand, on a copy of the disk.",
        )
    return lost.found(fit[0]) if fit else next(problem for problem in verdicts.values() if problem)


def _unfit(lost: Lost, device: Attached, bare: Bare | None) -> Problem | None:
    return next(_troubles(lost, device, bare), None)


def _troubles(lost: Lost, device: Attached, bare: Bare | None) -> Iterator[Problem]:
    """Why this device is not given that label, gravest first."""
    group, pv, where = lost.metadata.volume_group, lost.pv, device.spoken
    if bare is None:
        yield Problem("disk", f"Nobody could look at {where}; look again.")
        return
    if bare.signature:
        what = "several signatures" if bare.signature == "?" else f"a signature of another kind ({bare.signature})"
        yield Problem(
            "disk",
            f"{where} holds {what}: somebody has partitioned or formatted it since. A label would destroy that, and"
            " that has destroyed what was there. Find out which disk this is.",
        )
    if not LEAST_HEAD <= lost.head <= MOST_HEAD:
        yield Problem(
            "metadata", f"By the file the extents of {pv.id} begin at sector {pv.pe_start}: no room to write."
        )
    needed = max(pv.dev_size or 0, pv.pe_start + pv.pe_count * group.extent_size) * SECTOR
    if needed > device.size:
        yield Problem(
            "disk",
            f"{where} has {device.size} bytes and the physical volume of the file needs {needed}: it is another disk,"
            " or cut short.",
        )
    if bare.remains and group.id not in bare.remains:
        yield Problem(
            "metadata",
            f"What is left of the old metadata on {where} is of another group (UUID"
            f" {names(sorted(bare.remains))}), not of the file's {group.id}. The file is another VM's.",
        )
    if bare.remains.get(group.id, 0) > group.seqno:
        yield Problem(
            "metadata",
            f"The file is too old: it has sequence number {group.seqno}, and what is left of the metadata on {where}"
            f" goes up to {bare.remains[group.id]}. Restoring it could tear volumes; find a newer file.",
        )
    if not any(kind in KNOWN for kind in bare.seen.values()):
        yield Problem(
            "metadata",
            f"Nothing known stands on {where} where the file says that volumes begin. It is another disk, or the file"
            " is another VM's or much too old; a label would make its contents look like what they are not.",
        )


def evidence(found: Found, bare: Mapping[str, Bare]) -> str:
    """What speaks for the file, in words for the approver, the warning first."""
    device = found.bare[0]
    it = bare[device.name]
    seen = names(f"{kind} where {lv} begins" for lv, kind in sorted(it.seen.items()) if kind in KNOWN)
    group = found.metadata.volume_group
    known = it.remains.get(group.id)
    rest = (
        f"what is left of its old metadata names this group, up to sequence number {known}"
        if known is not None
        else "nothing is left of its old metadata, so these contents are all that speaks for the file"
    )
    return (
        f"LAST RESORT: {device.spoken} has no LVM label any more, and gets a new one that says what the file says:"
        f" physical volume {device.pv}. It holds {seen}, and {rest}. If the file is another VM's, or a volume was moved"
        " after it was written, contents will be torn: read them before you trust them. Work on a copy of the disk"
        " if there can be one."
    )


def ranges(recovery: Recovery) -> dict[str, str]:
    """Bare physical volume → the bytes that a new label and its metadata area take, as `start:length`."""
    heads = {pv.id: pv.pe_start * SECTOR for pv in recovery.metadata.volume_group.physical_volumes}
    return {uuid: f"0:{heads[uuid]}" for uuid in recovery.bare}


def relabels(recovery: Recovery) -> tuple[Step, ...]:
    """One step for each physical volume without a label, after what stands in its place is saved."""
    steps: list[Step] = []
    for uuid in recovery.bare:
        steps.append(_relabel(recovery, uuid, step_key("relabel", {step.key for step in steps})))
    return tuple(steps)


def _relabel(recovery: Recovery, uuid: str, key: str) -> Step:
    return Step(
        key=key,
        title=f"Write a new LVM label on the disk that lost it: physical volume {uuid}",
        why=(
            "The most dangerous step that Regroup has. Without a label LVM does not know the disk; pvcreate writes one"
            " with the UUID, the size and the first extent that the file tells. LVM is shown this disk alone, so that"
            " it can write to no other. It is asked nothing and forced to nothing: where it finds anything that it"
            " would have to ask about, it ends. What stood there before is saved, and the undo writes it back."
        ),
        host=recovery.host,
        command=Call(
            (recovery.vg_uuid, uuid, recovery.original_path, f"{{pv:{uuid}}}"),
            script=script("relabel", "settle.lib", "deactivate_old"),
            timeout=180,
        ),
        precheck=(
            Check("ready-to-restore", "Disk and saved areas are still as identified; nothing of it is active."),
            Check("areas-saved", "What is written over is saved, by SHA-256."),
            Check("still-bare", "The disk still has no label and no other signature.", {"pv": uuid}),
            UNCHANGED,
        ),
        verify=(
            Check("relabelled", "The disk carries the label that the file describes.", {"pv": uuid}),
            UNCHANGED,
        ),
        undo=write_back(recovery, recovery.vg_uuid),
        writes=("label and metadata area of the old disk, which has none",),
        danger=HIGH,
        cancel="never",
    )
