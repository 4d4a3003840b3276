"""Makes the report's parts from the plan and from what the run found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from changes.plan import Json, Step
from changes.states import STEP_DONE, StepState
from recovery.asleep import asleep, awake
from recovery.contents import NOTHING, UNMOUNTABLE
from recovery.disks import planned_text
from recovery.lvm.metadata import Metadata, MetadataError, parse_metadata
from recovery.report import words
from recovery.report.values import (
    GIVEN_BACK,
    MOUNTED,
    NOT_MOUNTED,
    NOT_RENAMED,
    RENAMED,
    SKIPPED,
    TAKEN_BACK,
    UNKNOWN,
    Disk,
    Gap,
    Group,
    Report,
    Source,
    StepTold,
    Told,
    Volume,
)
from recovery.request import IMPORT, RELABEL, RENAME, RESTORE
from recovery.steps import sha256

WITHOUT_JOURNAL = frozenset({"vfat", "msdos", "exfat", "iso9660", "udf", "squashfs", "ext2"})

HOW = {
    RESTORE: "vgcfgrestore of the edited text",
    RENAME: "vgrename by UUID",
    IMPORT: "vgimportclone, which gave the group and its disks new UUIDs",
    RELABEL: "pvcreate, which wrote a new label by the file, and vgcfgrestore of the edited text",
}

COUNTED = (
    *("size", "used", "files", "directories", "links", "others", "bytes", "inodes", "inodes_used", "errors"),
    "cut_short",
)


def make_report(told: Told) -> Report:
    """The report of a run that has begun, however it stands or ended."""
    target, metadata = told.plan.target, metadata_of(told)
    ended = [step.ended_at for step in told.steps if step.ended_at]
    report = Report(
        number=told.number,
        title=told.plan.title,
        state=told.state.value,
        outcome="",
        as_of=max(ended, default=None),
        vm=str(target.get("vm", "")),
        host=str(target.get("host", "")),
        machine_id=str(target.get("machine_id", "")),
        reason=told.reason,
        ticket=told.ticket,
        digest=told.digest,
        group=_group(told),
        source=_source(told, metadata),
        disks=tuple(_disks(told)),
        volumes=tuple(_volume(step, told) for step in mount_steps(told)),
        gaps=(),
        acts=told.acts,
        checks=(),
    )
    report = replace(report, gaps=tuple(_gaps(report, told, metadata)))
    return replace(report, outcome=words.outcome(report, told), checks=tuple(words.checks(report, told)))


def mount_steps(told: Told) -> tuple[Step, ...]:
    """The steps of the plan that mount a volume: known by what they verify."""
    return tuple(step for step in told.plan.steps if any(check.rule == "mounted" for check in step.verify))


def metadata_of(told: Told) -> Metadata | None:
    """The planned metadata; None where a plan of older days cannot be read by today's reader."""
    try:
        return parse_metadata(planned_text(told.plan))
    except MetadataError:
        return None


def _group(told: Told) -> Group:
    settings, target, restored = told.plan.settings, told.plan.target, told.found("restore")
    strategy = str(settings.get("strategy", RESTORE))
    return Group(
        old=str(settings["old"]),
        new=str(settings["new"]),
        uuid=str(target["vg_uuid"]),
        uuid_now=str(restored.get("vg_uuid") or target["vg_uuid"]),
        strategy=strategy,
        how=HOW.get(strategy, strategy),
        why=str(settings.get("evidence") or words.why_restore(str(target.get("host", "")))),
        standing=_renamed(told),
    )


def _renamed(told: Told) -> str:
    """Which name the group has on the disk, by the one step that changes it. A command that failed may have written."""
    there, back = told.step("restore"), told.step("restore", undo=True)
    if there is None or (there.state not in STEP_DONE and there.state is not StepState.UNDONE and not there.sent):
        return NOT_RENAMED
    if there.state is StepState.UNDONE:
        return GIVEN_BACK
    return RENAMED if there.state in STEP_DONE and not (back and back.sent) else UNKNOWN


def _source(told: Told, metadata: Metadata | None) -> Source:
    text = planned_text(told.plan)
    source = Source(words.where_from(told), sha256(text))
    if metadata is None:
        return source
    written = metadata.creation_time
    return replace(
        source,
        seqno=metadata.volume_group.seqno,
        written_on=(metadata.creation_host.split() or [""])[0],
        written_at=datetime.fromtimestamp(written, UTC) if written else None,
        description=metadata.description,
    )


def _disks(told: Told) -> Iterator[Disk]:
    """What identifies each disk, as planned where it was attached then, and as the run found it."""
    planned = {str(row["pv"]): row for row in told.plan.target.get("disks", ())}
    seen = {**told.found("identify").get("disks", {}), **told.found("rescan").get("disks", {})}
    now = told.found("restore").get("pvs", {})
    for uuid in told.plan.target["pv_uuids"]:
        known, found = planned.get(uuid, {}), seen.get(uuid, {})
        yield Disk(
            pv_uuid=uuid,
            pv_uuid_now=str(now.get(uuid, uuid)),
            serial=str(known.get("serial") or found.get("serial", "")),
            wwn=str(known.get("wwn", "")),
            hctl=str(known.get("hctl", "")),
            device=str(found.get("device", "")),
            size=found.get("size"),
        )


def _volume(step: Step, told: Told) -> Volume:
    args = next(check.args for check in step.verify if check.rule == "mounted")
    done = told.step(step.key) or StepTold(step.key, StepState.PENDING)
    mount = _row(told.found("report").get("mounts", ()), args)
    count = _row(told.found("count").get("counts", ()), args)
    known: dict[str, Json] = {"size": mount.get("size"), "used": mount.get("used"), "available": mount.get("avail")}
    known |= {key: count[key] for key in COUNTED if key in count}
    standing, why = _standing(done, told)
    newest = count.get("newest")
    return Volume(
        lv=str(args["lv"]),
        mount_point=str(args["mount_point"]),
        device=str(args["device"]),
        mode="read-write" if args["mode"] == "rw" else "read-only",
        standing=standing,
        why=why,
        fstype=str(done.found.get("fstype", "")),
        options=tuple(done.found.get("options", ())),
        journal=_journal(done.found, str(args["mode"]), count),
        newest=datetime.fromtimestamp(newest, UTC) if newest else None,
        complaints=tuple(count.get("complaints", ())),
        **known,
    )


def _row(rows: Json, args: Mapping[str, Json]) -> Mapping[str, Json]:
    return next((row for row in rows if row["lv"] == args["lv"]), {})


def _standing(done: StepTold, told: Told) -> tuple[str, str]:
    """How a volume stands by its step, and why it is not mounted, as half a sentence."""
    if skipped := done.found.get("skipped"):
        return SKIPPED, f"it {skipped}"
    if done.state is StepState.UNDONE:
        return TAKEN_BACK, "it was mounted until the undo; its numbers are from then"
    if done.state in STEP_DONE:
        return MOUNTED, ""
    if done.state is StepState.PENDING:
        return NOT_MOUNTED, "the run did not come so far"
    broken = done.state in (StepState.FAILED, StepState.ERRORED)
    return (NOT_MOUNTED if broken else UNKNOWN), done.sentence.rstrip(".") or "nobody can tell yet"


def _journal(found: Mapping[str, Json], mode: str, count: Mapping[str, Json]) -> str:
    if not found.get("fstype"):
        return UNKNOWN
    if found["fstype"] in WITHOUT_JOURNAL:
        return "none"
    if mode == "rw":
        return {True: "clean", False: "replayed"}.get(count.get("was_clean"), UNKNOWN)  # type: ignore[arg-type]
    return "not replayed" if found.get("dirty") else "clean"


def _gaps(report: Report, told: Told, metadata: Metadata | None) -> Iterator[Gap]:
    """Volumes of the group whose data is not mounted, and why."""
    for volume in report.volumes:
        if volume.standing not in (MOUNTED, TAKEN_BACK):
            yield Gap(volume.lv, volume.why)
    if metadata is None:
        return
    group, asked = metadata.volume_group, {volume.lv for volume in report.volumes}
    for name, why in asleep(group).items():
        yield Gap(name, f"it was left asleep: {why}")
    for lv in (volume.name for volume in awake(group) if volume.name not in asked):
        said = {**UNMOUNTABLE, **NOTHING}.get(told.contents[lv]) if lv in told.contents else None
        named = words.SWAP_BY_NAME if "swap" in lv.lower() and lv not in told.contents else words.NOT_ASKED
        yield Gap(lv, f"it {said.rstrip('.')}" if said else named)
