"""What the report says of a run, however it ended. The plan and what was found are the story's own."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from changes.plan import Plan
from changes.states import State, StepState
from recovery.panels import undo_words
from recovery.report import Act, Report, StepTold, Told, Volume, make_report
from tests.recovery.disks import from_disk, with_disks
from tests.recovery.story import PV, VG, load, params, plan
from tests.recovery.test_bare import asked as bare_asked
from tests.recovery.test_bare import known as bare_known

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NEWEST = 1795384321
CALLED = "On the disk the group is called vm42_RootVG."
COUNT = {
    **{"files": 6, "directories": 4, "links": 1, "others": 0, "bytes": 2416, "newest": NEWEST, "inodes": 30720},
    **{"inodes_used": 21, "errors": 0, "complaints": [], "cut_short": "", "was_clean": None},
}


def counts(**changes: Any) -> dict[str, Any]:
    return {
        "counts": [{"lv": lv, "mount_point": f"/recovered/vm42/{lv}", **COUNT, **changes} for lv in ("root", "var")]
    }


def told(
    state: State = State.SUCCEEDED,
    *,
    of: Plan | None = None,
    upto: str = "",
    undone: tuple[str, ...] = (),
    broken: StepState | None = None,
    found: dict[str, Any] | None = None,
    **changes: Any,
) -> Told:
    """A run of the story: all steps are done, or those before `upto`, which is `broken` or was not begun."""
    made = of or plan()
    known = {**load("found"), "count": counts(), **(found or {})}
    keys = [step.key for step in made.steps]
    last = keys.index(upto) if upto else len(keys)
    steps = []
    for number, key in enumerate(keys):
        how = StepState.OK if number < last else (broken if number == last and broken else StepState.PENDING)
        how = StepState.UNDONE if key in undone else how
        row = known.get(key, {}) if number < last else {}
        steps.append(
            StepTold(
                key,
                how,
                "It was so.",
                row,
                ended_at=AT + timedelta(seconds=number) if row else None,
                sent=number <= last,
            )
        )
    back = [StepTold(key, StepState.OK, "It is gone.", {}, True, AT + timedelta(minutes=9), True) for key in undone]
    kept = {"params": params(file_name="RootVG"), "digest": "d" * 64, **changes}
    return Told(7, state, made, kept.pop("params"), (*steps, *back), **kept)


def report(state: State = State.SUCCEEDED, **changes: Any) -> Report:
    return make_report(told(state, **changes))


def volume(made: Report, lv: str) -> Volume:
    return next(volume for volume in made.volumes if volume.lv == lv)


def said(made: Report) -> str:
    return " ".join(made.checks)


def test_a_whole_recovery_says_what_from_what_and_how() -> None:
    made = report()
    assert made.outcome == ("Recovered: 2 volumes of vm42's RootVG are mounted on app01, in the group vm42_RootVG.")
    assert (made.group.old, made.group.new, made.group.uuid, made.group.uuid_now) == ("RootVG", "vm42_RootVG", VG, VG)
    assert made.group.how == "vgcfgrestore of the edited text"
    assert "without a disk" in made.group.why
    assert made.source.words == "the uploaded file RootVG"
    assert made.source.sha256 == load("found")["copy"]["sha256"]
    assert (made.source.seqno, made.source.written_on) == (4, "vm42")
    (disk,) = made.disks
    assert (disk.pv_uuid, disk.serial, disk.device, disk.size) == (PV, "vm42-root", "/dev/sdb", 536870912)
    assert made.as_of == AT + timedelta(seconds=16)


def test_a_volume_is_told_with_its_file_system_and_counts() -> None:
    root = volume(report(), "root")
    assert (root.standing, root.mode, root.fstype, root.journal) == ("mounted", "read-only", "ext4", "clean")
    assert (root.size, root.used) == (120015872, 25600)
    assert (root.files, root.directories, root.bytes, root.inodes_used) == (6, 4, 2416, 21)
    assert root.newest == datetime.fromtimestamp(NEWEST, UTC)


def test_swap_space_is_a_gap_that_nobody_need_check() -> None:
    made = report()
    assert [(gap.lv, gap.why) for gap in made.gaps] == [("swap", "it is swap space")]
    assert "swap" not in said(made)


def test_the_owner_is_told_of_the_newest_file_and_that_the_mounts_end() -> None:
    text = said(report())
    assert "root (/recovered/vm42/root) holds 6 files; the newest was changed at 2026-11-22 " in text
    assert "Copy what you need: the mounts end with the undo" in text


def test_lines_in_fstab_make_the_mounts_last() -> None:
    made = plan()
    lasting = replace(made.steps[-1], key="lasting", writes=("/etc/fstab",))
    assert "Copy what you need" not in said(report(of=replace(made, steps=(*made.steps, lasting))))


@pytest.mark.parametrize(
    ("found", "journal", "words"),
    [
        ({"dirty": True}, "not replayed", "its journal is not replayed"),
        ({"fstype": "vfat"}, "none", ""),
        ({"fstype": ""}, "unknown", ""),
    ],
)
def test_the_state_of_the_file_system_is_told(found: dict[str, Any], journal: str, words: str) -> None:
    made = report(found={"mount-var": {**load("found")["mount-var"], **found}})
    assert volume(made, "var").journal == journal
    assert words in said(made)


@pytest.mark.parametrize(
    ("was_clean", "journal", "words"),
    [(True, "clean", ""), (False, "replayed", "which changed the old disk"), (None, "unknown", "")],
)
def test_a_volume_for_writing_says_whether_its_journal_was_replayed(
    was_clean: bool | None, journal: str, words: str
) -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var", "read_write": True}]
    made = report(of=plan(params(volumes=volumes)), found={"count": counts(was_clean=was_clean)})
    var = volume(made, "var")
    assert (var.mode, var.journal) == ("read-write", journal)
    assert words in said(made)
    assert "what is changed there is changed on the old disk" in said(made)


def test_a_full_volume_for_writing_is_said_to_be_full() -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var", "read_write": True}]
    row = {**load("found")["report"]["mounts"][1], "size": 100, "used": 95}
    assert "is nearly full" in said(report(of=plan(params(volumes=volumes)), found={"report": {"mounts": [row]}}))


def test_what_could_not_be_read_is_said_with_the_first_complaint() -> None:
    made = report(found={"count": counts(errors=3, complaints=["'lib/x': Input/output error"])})
    assert "could not be read everywhere: 3 complaints, first 'lib/x': Input/output error." in said(made)


def test_a_count_that_is_not_whole_is_not_to_be_compared() -> None:
    text = said(report(found={"count": counts(cut_short="the time for it was over")}))
    assert "is not counted to the end, because the time for it was over: do not compare its numbers" in text


def test_a_plan_of_older_days_had_no_count() -> None:
    made = report(found={"count": {}})
    assert volume(made, "root").files is None
    assert "is not counted to the end" in said(made)


def test_an_empty_volume_is_to_be_looked_at() -> None:
    assert "holds no files. See whether it was empty before." in said(report(found={"count": counts(files=0)}))


def test_a_volume_that_nobody_asked_for_is_a_gap() -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var"}]
    made = report(of=plan(params(volumes=volumes)), contents={"swap": "swap"})
    gaps = {gap.lv: gap.why for gap in made.gaps}
    assert "swap" not in said(made) + made.outcome
    assert gaps == {"root": "nobody asked for it to be mounted", "swap": "it is swap space"}
    assert "root is not mounted: nobody asked for it to be mounted. If its data matters, say so." in said(made)
    assert "Recovered: 1 volume of vm42's RootVG is mounted on app01" in made.outcome


def test_where_nobody_looked_a_name_with_swap_tells() -> None:
    made = report(of=plan(params(volumes=[{"lv": "var", "mount_point": "/recovered/vm42/var"}])))
    assert [gap.why for gap in made.gaps if gap.lv == "swap"] == [
        "nobody asked for it to be mounted, and by its name it is swap space"
    ]
    assert "swap" not in said(made) + made.outcome


def test_what_stood_on_a_volume_is_why_it_is_not_here() -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var"}]
    made = report(of=plan(params(volumes=volumes)), contents={"root": "crypto_LUKS", "swap": "swap"})
    assert made.gaps[0].why.startswith("it is encrypted (LUKS)")


def test_sleeping_volumes_are_named_with_the_reason() -> None:
    text = re.sub(r"(\broot \{.*?flags = )\[\]", r'\1["ACTIVATION_SKIP"]', params()["metadata"], count=1, flags=re.S)
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var"}]
    made = report(of=plan(params(metadata=text, volumes=volumes)))
    assert any("it was left asleep: it is marked to be skipped" in gap.why for gap in made.gaps)


def test_a_failed_run_says_where_and_what_is_mounted() -> None:
    made = report(State.FAILED, upto="mount-var", broken=StepState.FAILED, sentence="Step “Mount var” failed.")
    assert made.outcome == (
        f"The recovery failed. Step “Mount var” failed. Mounted on app01: root. Not mounted: var. {CALLED}"
    )
    assert (volume(made, "var").standing, volume(made, "var").why) == ("not mounted", "It was so")
    assert "The run did not reach its end" in said(made)


def test_a_run_that_failed_early_has_nothing_to_check() -> None:
    made = report(State.FAILED, upto="restore", broken=StepState.FAILED, sentence="Step “Restore” failed.")
    assert made.outcome.endswith(
        "No volume is mounted on app01. Nobody can tell yet which name the group has on the disk."
    )
    assert made.checks == ()
    assert volume(made, "root").why == "the run did not come so far"


def test_a_stopped_run_says_that_a_person_stopped_it() -> None:
    made = report(State.CANCELLED, upto="count", sentence="Stopped before “Count”, as asked.")
    assert made.outcome.startswith("The recovery was stopped by a person. Stopped before “Count”, as asked. Mounted")
    assert "is not counted to the end, because the run did not come so far" in said(made)


def test_a_step_that_nobody_can_tell_about_leaves_its_volume_unknown() -> None:
    made = report(State.UNKNOWN, upto="mount-var", broken=StepState.UNKNOWN, sentence="Step “Mount var” unknown.")
    assert made.outcome.startswith("Nobody can tell yet how it ended.")
    assert volume(made, "var").standing == "unknown"


def test_a_run_under_way_says_so() -> None:
    assert report(State.RUNNING, upto="mount-var").outcome == (
        f"It is under way. Mounted on app01: root. Not mounted: var. {CALLED}"
    )


UNDONE = ("count", "mount-var", "mount-swap", "mount-root", "activate", "restore", "rescan", "edit", "copy")


def test_after_the_undo_it_says_plainly_that_nothing_is_recovered() -> None:
    made = report(State.UNDONE, undone=UNDONE[1:])
    assert made.outcome == (
        "Undone: nothing of it is recovered any more. 2 volumes were unmounted, the group has its old name RootVG and"
        " its old metadata back and app01 no longer knows the disk."
    )
    assert made.mounted == ()
    assert volume(made, "root").standing == "taken back"
    assert volume(made, "root").files == 6
    assert made.checks == ("Nothing is mounted on app01. To look at the data again, ask for a new recovery.",)
    assert made.as_of == AT + timedelta(minutes=9)


def test_what_was_written_stays_after_the_undo() -> None:
    volumes = [{"lv": "var", "mount_point": "/recovered/vm42/var", "read_write": True}]
    made = report(State.UNDONE, of=plan(params(volumes=volumes)), undone=("mount-var", "activate", "restore"))
    assert made.outcome.endswith("var was mounted for writing: what was written there stays on the disk.")


def test_an_undo_of_a_run_that_wrote_nothing() -> None:
    made = report(State.UNDONE, upto="attach", undone=("edit", "copy"))
    assert made.outcome.endswith("The run had not changed the disk.")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            State.UNDOING,
            f"It is being undone. Mounted on app01: root. Not mounted: var. {CALLED}",
        ),
        (State.UNDO_FAILED, "The undo failed, so it is neither recovered nor given back whole."),
    ],
)
def test_half_an_undo_says_what_is_still_mounted(state: State, words: str) -> None:
    made = report(state, undone=("mount-var",), sentence="Step “Unmount” failed.")
    assert made.outcome.startswith(words)
    assert [row.lv for row in made.mounted] == ["root"]


def test_a_closed_change_says_who_closed_it_and_that_no_more_is_known() -> None:
    acts = (Act("closed", "Olu", AT, "The disk stays."),)
    made = report(State.CLOSED, upto="count", broken=StepState.FAILED, acts=acts)
    assert made.outcome.startswith(
        "Closed as it was by Olu, who said “The disk stays.” What has been done on app01 since is not known here."
    )


def test_from_the_attached_disk_its_identity_is_the_planned_one() -> None:
    made = report(of=plan(from_disk(), with_disks()), params=from_disk())
    assert made.source.words == "the attached disk itself"
    assert (made.group.how, made.disks[0].serial) == ("vgrename by UUID", "vm42-root")
    assert "vgrename by UUID is enough" in made.group.why


def test_a_file_beside_the_disk_is_said_to_have_agreed() -> None:
    asked = from_disk(metadata=params()["metadata"])
    made = report(of=plan(asked, with_disks()), params=asked)
    assert made.source.words == "the attached disk itself (the uploaded file said the same)"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"source": {"host": "bak01", "path": "/restore/RootVG"}}, "/restore/RootVG on bak01"),
        ({}, "the text that was sent with the request"),
    ],
)
def test_where_the_text_came_from(asked: dict[str, Any], words: str) -> None:
    assert report(params=asked).source.words == words


def test_after_an_import_old_and_new_uuids_are_told() -> None:
    restored = {"vg_uuid": "new-group", "pvs": {PV: "new-pv"}}
    made = report(of=plan(from_disk(strategy="import"), with_disks()), found={"restore": restored})
    assert (made.group.uuid, made.group.uuid_now) == (VG, "new-group")
    assert (made.disks[0].pv_uuid, made.disks[0].pv_uuid_now) == (PV, "new-pv")


def test_a_group_last_written_elsewhere_is_to_be_looked_at() -> None:
    text = params()["metadata"].replace('creation_host = "vm42"', 'creation_host = "vm41"', 1)
    assert "The group was last written on vm41, not on vm42" in said(report(of=plan(params(metadata=text))))


def test_the_report_is_plain_json() -> None:
    data = json.loads(json.dumps(report(acts=(Act("asked for it", "Rosa", AT),)).to_json()))
    assert data["acts"][0]["at"] == "2026-11-24T12:00:00+00:00"
    assert data["volumes"][0]["newest"].endswith("+00:00")
    assert data["volumes"][0]["mount_point"] == "/recovered/vm42/root"


@pytest.mark.parametrize(
    ("sent", "state", "back", "standing"),
    [
        (False, StepState.PENDING, None, "not renamed"),
        (False, StepState.FAILED, None, "not renamed"),
        (True, StepState.FAILED, None, "unknown"),
        (True, StepState.UNKNOWN, None, "unknown"),
        (True, StepState.OK, None, "renamed"),
        (False, StepState.DONE_ALREADY, None, "renamed"),
        (True, StepState.OK, StepState.FAILED, "unknown"),
        (True, StepState.UNDONE, StepState.OK, "given back"),
    ],
)
def test_the_name_on_the_disk_is_told_as_far_as_it_is_known(
    sent: bool, state: StepState, back: StepState | None, standing: str
) -> None:
    known = told()
    steps = [replace(step, state=state, sent=sent) if step.key == "restore" else step for step in known.steps]
    steps += [StepTold("restore", back, undo=True, sent=True)] if back else []
    group = make_report(replace(known, steps=tuple(steps))).group
    assert group.standing == standing
    assert group.standing_words.endswith(".")


def test_a_plan_that_todays_reader_cannot_read_is_still_told_of() -> None:
    made = plan()
    steps = tuple(
        replace(step, files=(replace(step.files[0], after="not LVM's"),)) if step.key == "copy" else step
        for step in made.steps
    )
    of_old = report(of=replace(made, steps=steps))
    assert (of_old.source.seqno, of_old.source.written_on) == (None, "")
    assert [row.lv for row in of_old.mounted] == ["root", "var"]


def test_a_disk_that_got_a_new_label_is_spoken_of_as_that() -> None:
    made = plan(bare_asked(), bare_known())
    report = make_report(told(of=made))
    assert "pvcreate, which wrote a new label by the file" in report.group.how
    assert any("see that they are whole" in line for line in report.checks)
    assert make_report(told(of=made, upto="save")).group.standing_words.startswith("The group was not restored")
    undone = make_report(told(State.UNDONE, of=made, undone=("restore", "relabel")))
    assert undone.group.standing_words == "The disk is what it was before, without its LVM label."
    assert undo_words(made, frozenset({"restore", "relabel"})) == "take the new LVM label off the disk again"
    assert undo_words(plan(), frozenset({"restore"})) == "give the group its old name RootVG back"
