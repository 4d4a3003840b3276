"""Which disks came after the baseline, which physical volumes are on them, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from changes.kinds import Context
from changes.plan import Plan
from recovery.attached import matches
from recovery.facts.host import AskBaseline, AskHost, HostState
from recovery.facts.labels import AskLabels, AskTexts, Labelled
from recovery.lvm.compare import Kind, compare
from recovery.lvm.label import LabelError
from recovery.lvm.metadata import Metadata, MetadataError, parse_metadata, rename_volume_group
from recovery.request import IMPORT
from ssh.facts import FactError


@dataclass(frozen=True, slots=True)
class Reading:
    """Labels of all disks and partitions of the host; `new` are those of the old VM.

    placed  planned UUID → devices with the planned identity, where the disk was there when it was planned;
            then `new` are these, else all that were not there at the baseline
    """

    labels: tuple[Labelled, ...]
    new: tuple[Labelled, ...]
    placed: Mapping[str, tuple[Labelled, ...]] | None = None

    def with_uuid(self, uuid: str) -> tuple[Labelled, ...]:
        """The old VM's devices that carry a physical volume, by its UUID as planned."""
        if self.placed is not None:
            return self.placed.get(uuid, ())
        return tuple(device for device in self.new if device.uuid == uuid)

    def anywhere(self, uuids: Iterable[str]) -> tuple[Labelled, ...]:
        """All devices, old ones too, that carry one of the physical volumes."""
        wanted = set(uuids)
        if self.placed is not None:
            return self.new
        return tuple(device for device in self.labels if device.uuid in wanted)

    def trouble(self, context: Context, *, ours_too: bool) -> str:
        """Why what the disks say is neither the file's text nor, with `ours_too`, what we made of it."""
        file, ours = file_of(context), _ours(context)
        lenient = bool(context.plan.settings.get("damaged") or bare_ranges(context))
        return self._first_trouble(
            context, lambda disk: compare(file, disk).is_none or (ours_too and ours(disk)), file, lenient=lenient
        )

    def unread(self, context: Context, uuid: str) -> str:
        """Why one physical volume does not say what the file says, or what we made of it; empty if it does."""
        file, ours = file_of(context), _ours(context)
        texts = [text for owner, text in self._texts(context) if owner == uuid]
        wrong = next((text for text in texts if isinstance(text, str)), "")
        if wrong or not texts:
            return wrong or "it has no metadata area."
        fits = all(compare(file, text).is_none or ours(text) for text in texts if isinstance(text, Metadata))
        return "" if fits else "it says something else than the file."

    def not_ours(self, context: Context) -> str:
        """Why a physical volume carries something else than our edited text; empty if all carry it."""
        return self._first_trouble(context, _ours(context), edited_of(context))

    def texts(self, context: Context) -> list[Metadata]:
        """What the physical volumes say, as far as it can be read; one for each metadata area in use."""
        return [text for _, text in self._texts(context) if isinstance(text, Metadata)]

    def _first_trouble(
        self, context: Context, fits: Callable[[Metadata], bool], file: Metadata, *, lenient: bool = False
    ) -> str:
        """`lenient` passes over texts that cannot be read: they were damaged when it was planned."""
        texts = [(uuid, text) for uuid, text in self._texts(context) if not (lenient and isinstance(text, str))]
        if lenient and not texts:
            return ""
        if not texts:
            return "None of the physical volumes carries metadata; the group cannot be compared with the file."
        for uuid, text in texts:
            if isinstance(text, str):
                return f"Physical volume {uuid} on the disk: {text}"
            if not fits(text):
                return f"The file does not agree with the disk. {_differences(file, text)}"
        return ""

    def _texts(self, context: Context) -> list[tuple[str, Metadata | str]]:
        """(physical volume UUID, its metadata read or a sentence), one for each metadata area in use."""
        areas = [
            (uuid, (device.device, area.offset))
            for uuid in pv_uuids(context)
            for device in self.with_uuid(uuid)[:1]
            if device.label
            for area in device.label.metadata_areas
        ]
        answers = context.ask(AskTexts(tuple(area for _, area in areas)))
        return [(uuid, _read(answers[area])) for uuid, area in areas]


def _read(text: str | LabelError) -> Metadata | str:
    """A text off a disk as metadata, or the sentence why not."""
    if isinstance(text, LabelError):
        return str(text)
    if not text:
        return "it belongs to no volume group any more."
    try:
        return parse_metadata(text)
    except MetadataError as error:
        return f"its metadata cannot be read: {error.message}"


def read_disks(context: Context) -> Reading:
    """Ask the host for all labels and tell new disks from those of the baseline."""
    labels = context.ask(AskLabels())
    planned = context.plan.target.get("disks")
    if planned:
        host = context.ask(AskHost())
        placed = {
            str(identity["pv"]): tuple(label for label in labels if matches(identity, label, host))
            for identity in planned
        }
        return Reading(labels, tuple(device for devices in placed.values() for device in devices), placed)
    base = baseline_of(context)
    return Reading(labels, tuple(device for device in labels if not _was_there(device, base)))


def _was_there(device: Labelled, base: HostState) -> bool:
    """Same name, number, size, and the same appearance, where the kernel counts appearances."""
    old, disk = base.disk(device.name), base.disk(device.disk)
    return (
        old is not None
        and disk is not None
        and (old.number, old.size) == (device.number, device.size)
        and disk.sequence == device.sequence
    )


def baseline_of(context: Context) -> HostState:
    """The host before this run, as the first step found or saved it. Raises FactError if there is none."""
    found = context.found.get("baseline", {}).get("state")
    if found:
        return HostState.from_json(found)
    saved = context.ask(AskBaseline(context.run_dir))
    if saved is None:
        raise FactError(f"The baseline of this run is gone from the host ({context.run_dir}/baseline).")
    return saved


def ranges_of(device: Labelled, uuid: str, context: Context) -> str:
    """What LVM may write to on the device of a physical volume; a planned one, while it has no label to tell it.

    Raises LabelError where that cannot be told.
    """
    planned = bare_ranges(context).get(uuid)
    return planned if planned and device.label is None else device.areas


def bare_ranges(context: Context) -> dict[str, str]:
    """Physical volumes that had no label when it was planned, with the ranges that one takes."""
    return dict(context.plan.settings.get("bare", {}))


def pv_uuids(context: Context) -> tuple[str, ...]:
    return tuple(context.plan.target["pv_uuids"])


def vg_uuid(context: Context) -> str:
    """The group's UUID now: as planned, or the one that the import gave it."""
    return str(context.found.get("restore", {}).get("vg_uuid") or context.plan.target["vg_uuid"])


def group_pvs(context: Context) -> dict[str, str]:
    """Planned UUID of each physical volume → its UUID now."""
    known = context.found.get("restore", {}).get("pvs", {})
    return {uuid: str(known.get(uuid, uuid)) for uuid in pv_uuids(context)}


def is_import(context: Context) -> bool:
    """Whether the group gets new UUIDs; before that, its old ones may be the running system's too."""
    return context.plan.settings.get("strategy") == IMPORT


def planned_text(plan: Plan) -> str:
    """The old VM's metadata as approved: its backup file, or what was on its disk."""
    text = plan.settings.get("text")
    return str(text if text is not None else plan.step("copy").files[0].after or "")


def file_of(context: Context) -> Metadata:
    """The same, read."""
    return parse_metadata(planned_text(context.plan))


def edited_of(context: Context) -> Metadata:
    """The same under the new name."""
    text = context.plan.settings.get("text")
    if text is not None:
        return parse_metadata(rename_volume_group(text, context.plan.settings["new"]))
    return parse_metadata(context.plan.step("edit").files[0].after or "")


def _ours(context: Context) -> Callable[[Metadata], bool]:
    """Tells metadata that this change's own write made."""
    edited = edited_of(context)
    return lambda disk: is_copy(edited, disk) if is_import(context) else _one_newer(edited, disk)


def is_copy(edited: Metadata, disk: Metadata) -> bool:
    """Whether `disk` is the group after vgimportclone: new UUIDs of group and disks, the same volumes and name."""
    ours, theirs = edited.volume_group, disk.volume_group
    new = ours.id != theirs.id and not {pv.id for pv in ours.physical_volumes} & {
        pv.id for pv in theirs.physical_volumes
    }
    volumes = [(lv.id, lv.name, lv.size) for lv in ours.logical_volumes]
    return new and ours.name == theirs.name and volumes == [(lv.id, lv.name, lv.size) for lv in theirs.logical_volumes]


def _one_newer(edited: Metadata, disk: Metadata) -> bool:
    """vgcfgrestore counts its own write: the disk is one change newer than the file, and else the same."""
    newer = disk.volume_group.seqno == edited.volume_group.seqno + 1
    return newer and all(item.kind is Kind.SEQNO for item in compare(edited, disk).items)


def _differences(file: Metadata, disk: Metadata) -> str:
    return " ".join(item.sentence for item in compare(file, disk).items)
