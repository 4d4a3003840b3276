"""What the report says in sentences, each derived from a fact of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from changes.states import STEP_BROKEN, STEP_DONE, State
from recovery.contents import NOTHING
from recovery.facts.host import names
from recovery.report.values import MOUNTED, SKIPPED, TAKEN_BACK, Gap, Report, Told, Volume

NEARLY_FULL = 90

NOT_ASKED = "nobody asked for it to be mounted"
SWAP_BY_NAME = "nobody asked for it to be mounted, and by its name it is swap space"
NOBODY_MISSES = frozenset({f"it {said}" for said in NOTHING.values()} | {SWAP_BY_NAME})


def where_from(told: Told) -> str:
    """Where the metadata came from, as words for “from …”."""
    source = told.params.get("source")
    if source:
        return f"{source.get('path', '')} on {source.get('host', '')}"
    if told.plan.settings.get("text") is not None:
        agreed = " (the uploaded file said the same)" if str(told.params.get("metadata", "")).strip() else ""
        return f"the attached disk itself{agreed}"
    name = told.params.get("file_name")
    return f"the uploaded file {name}" if name else "the text that was sent with the request"


def why_restore(host: str) -> str:
    return (
        f"The metadata came without a disk, and none of its UUIDs was in use on {host}: so the edited text could be"
        " restored onto the disk that carries them."
    )


def outcome(report: Report, told: Told) -> str:
    """How it stands, in one or two sentences; plain where nothing is recovered."""
    state = told.state
    if state is State.SUCCEEDED:
        count = len(report.mounted)
        missed = [gap.lv for gap in _missed(report)]
        gaps = f" Not mounted: {names(missed)}." if missed else ""
        return (
            f"Recovered: {_volumes(count)} of {report.vm}'s {report.group.old} "
            f"{'is' if count == 1 else 'are'} mounted on {report.host}, in the group {report.group.new}.{gaps}"
        )
    if state is State.UNDONE:
        return f"Undone: nothing of it is recovered any more. {_taken_back(report, told)}"
    said = told.sentence.strip()
    standing = _standing(report)
    if state is State.UNDOING:
        return f"It is being undone. {standing}"
    if state is State.UNDO_FAILED:
        return f"The undo failed, so it is neither recovered nor given back whole. {said} {standing}"
    if state is State.FAILED:
        return f"The recovery failed. {said} {standing}"
    if state is State.CANCELLED:
        return f"The recovery was stopped by a person. {said} {standing}"
    if state is State.UNKNOWN:
        return f"Nobody can tell yet how it ended. {said} {standing}"
    if state is State.CLOSED:
        closed = next((act for act in reversed(told.acts) if act.what == "closed"), None)
        by = f" by {closed.who}, who said “{closed.note}”" if closed else "."
        return (
            f"Closed as it was{by} What has been done on {report.host} since is not known here. When the run ended:"
            f" {standing}"
        )
    return f"It is under way. {standing}"


def _volumes(count: int) -> str:
    return f"{count} volume{'' if count == 1 else 's'}"


def _standing(report: Report) -> str:
    """What is mounted and what is not."""
    there = [volume.lv for volume in report.mounted]
    wanted = [volume for volume in report.volumes if volume.standing != SKIPPED]
    absent = [volume.lv for volume in wanted if volume.standing != MOUNTED]
    named = report.group.standing_words
    if not there:
        return f"No volume is mounted on {report.host}. {named}"
    lacking = f" Not mounted: {names(absent)}." if absent else ""
    return f"Mounted on {report.host}: {names(there)}.{lacking} {named}"


def _taken_back(report: Report, told: Told) -> str:
    """What the undo did, step by step as it was verified."""
    done = {step.key for step in told.steps if step.undo and step.state in STEP_DONE}
    unmounted = sum(volume.standing == TAKEN_BACK for volume in report.volumes)
    back = (
        "a disk of the group has no LVM label again, as it was found"
        if report.group.was_bare
        else f"the group has its old name {report.group.old} and its old metadata back"
    )
    facts = [
        f"{_volumes(unmounted)} {'was' if unmounted == 1 else 'were'} unmounted" if unmounted else "",
        back if "restore" in done else "",
        f"{report.host} no longer knows the disk" if {"restore", "rescan"} & done else "",
    ]
    said = [fact for fact in facts if fact]
    written = [volume.lv for volume in report.volumes if volume.mode == "read-write" and volume.standing == TAKEN_BACK]
    loud = f" {names(written)} was mounted for writing: what was written there stays on the disk." if written else ""
    if not said:
        return f"The run had not changed the disk.{loud}"
    text = names(said)
    return f"{text[:1].upper()}{text[1:]}.{loud}"


def _missed(report: Report) -> Iterator[Gap]:
    """The volumes that somebody may miss: not swap space, not empty ones."""
    return (gap for gap in report.gaps if gap.why not in NOBODY_MISSES)


def checks(report: Report, told: Told) -> Iterator[str]:
    """What the VM's owner should look at; nothing where nothing is mounted."""
    if not report.mounted:
        if told.state is State.UNDONE:
            yield f"Nothing is mounted on {report.host}. To look at the data again, ask for a new recovery."
        return
    yield from _origin(report)
    if report.group.was_bare:
        yield (
            "A disk had lost its LVM label, and the backup file alone says where the volumes lie: open files on each of"
            " them, large and new ones too, and see that they are whole."
        )
    for volume in report.mounted:
        yield from _of_volume(volume, report)
    for gap in _missed(report):
        yield f"{gap.lv} is not mounted: {gap.why}. If its data matters, say so."
    broken = [step for step in told.steps if not step.undo and step.state in STEP_BROKEN]
    if broken:
        yield "The run did not reach its end: take what is mounted for a part, and ask whoever runs it."
    yield from _keeping(report, told)


def _origin(report: Report) -> Iterator[str]:
    written = report.source.written_on
    if written and written.split(".")[0] not in (report.vm.split(".")[0], report.host.split(".")[0]):
        yield f"The group was last written on {written}, not on {report.vm}: see that this is {report.vm}'s data."


def _of_volume(volume: Volume, report: Report) -> Iterator[str]:
    place = f"{volume.lv} ({volume.mount_point})"
    if volume.journal == "not replayed":
        yield (
            f"{place} was not unmounted cleanly, and its journal is not replayed: what was written in the VM's last"
            " moments may be missing or half there. Check databases and open files with their own tools, on a copy."
        )
    if volume.journal == "replayed":
        yield (
            f"{place} was not unmounted cleanly; its journal was replayed, which changed the old disk. Check databases"
            " with their own tools."
        )
    if volume.errors:
        first = f", first {volume.complaints[0]}" if volume.complaints else ""
        count = f"{volume.errors} complaint{'' if volume.errors == 1 else 's'}"
        yield f"{place} could not be read everywhere: {count}{first}. Take those files from a backup."
    if volume.files is None or volume.cut_short:
        why = volume.cut_short or "the run did not come so far"
        yield f"{place} is not counted to the end, because {why}: do not compare its numbers with others."
    elif not volume.files:
        yield f"{place} holds no files. See whether it was empty before."
    elif volume.newest:
        yield (
            f"{place} holds {volume.files:,} files; the newest was changed at {moment(volume.newest)}. If there was"
            " later work, it is not here."
        )
    if volume.mode == "read-write":
        yield f"{place} can be written to: what is changed there is changed on the old disk, and an undo keeps it."
        if volume.size and volume.used is not None and 100 * volume.used >= NEARLY_FULL * volume.size:
            yield f"{place} is nearly full."


def _keeping(report: Report, told: Told) -> Iterator[str]:
    """How long it stays."""
    lasting = any("/etc/fstab" in place for step in told.plan.steps for place in step.writes)
    if not lasting:
        yield (
            f"Copy what you need: the mounts end with the undo, and {report.host} does not make them again after a"
            " restart."
        )


def moment(at: datetime) -> str:
    """A time in a sentence, in the zone it carries: `2026-11-24 12:31 UTC`."""
    return f"{at:%Y-%m-%d %H:%M %Z}".strip()
