"""Every check of the plan, at the moments when it holds and when it must not. The answers are captured ones."""

from __future__ import annotations

import pytest

from tests.recovery.story import PV, check, found_before, judge, load

HOLDS = [
    ("ready", "baseline", "baseline-saved"),
    ("ready", "baseline", "host-as-planned"),
    ("ready", "baseline", "room"),
    ("ready", "copy", "file-is"),
    ("ready", "edit", "file-is"),
    ("ready", "edit", "lvm-reads"),
    ("attached", "attach", "disk-visible"),
    ("attached", "rescan", "disks-arrived"),
    ("attached", "rescan", "disks-idle"),
    ("attached", "identify", "identified"),
    ("attached", "identify", "running-unchanged"),
    ("attached", "quiet", "old-volumes-unmounted"),
    ("attached", "quiet", "old-name-asleep"),
    ("saved", "save", "areas-saved"),
    ("saved", "restore", "ready-to-restore"),
    ("saved", "restore", "name-free"),
    ("saved", "restore", "running-unchanged"),
    ("restored", "restore", "restored"),
    ("restored", "pvscan", "group-seen"),
    ("restored", "vgscan", "group-alone"),
    ("restored", "restore", "areas-as-left"),
    ("restored", "restore", "old-disk-idle"),
    ("restored", "restore", "untouched"),
    ("active", "activate", "activated"),
    ("active", "activate", "running-unchanged"),
    ("active", "activate", "volumes-closed"),
    ("active", "activate", "none-written"),
    ("active", "quiet", "old-name-asleep"),
    ("active", "mount-var", "mountable"),
    ("active", "mount-var", "place-free"),
    ("active", "mount-swap", "mountable"),
    ("active", "mount-swap", "mounted"),
    ("mounted", "mount-var", "mounted"),
    ("mounted", "mount-root", "mounted"),
    ("mounted", "mount-root", "unmountable"),
    ("mounted", "report", "report"),
    ("mounted", "activate", "untouched"),
    ("mounted", "activate", "areas-as-left"),
    ("active", "mount-root", "unmountable"),
    ("active", "mount-root", "unmounted"),
    ("restored", "activate", "asleep"),
    ("undone", "restore", "given-back"),
    ("undone", "restore", "running-unchanged"),
    ("undone", "restore", "old-disk-idle"),
    ("undone", "rescan", "disks-gone"),
    ("undone", "copy", "file-gone"),
    ("undone", "edit", "file-gone"),
]

HOLDS_NOT = [
    ("attached", "baseline", "host-as-planned", "The old disk is attached already."),
    ("undone", "copy", "file-is", "does not exist"),
    ("ready", "copy", "file-gone", "still there"),
    ("ready", "attach", "disk-visible", "No new disk is there yet."),
    ("ready", "rescan", "disks-arrived", "No new disk is there yet."),
    ("ready", "identify", "identified", "it is on no new disk"),
    ("ready", "save", "areas-saved", "are not saved"),
    ("saved", "restore", "restored", "is called RootVG, not vm42_RootVG"),
    ("ready", "restore", "restored", "does not see the old group"),
    ("active", "restore", "ready-to-restore", "Active: "),
    ("active", "rescan", "disks-idle", "lies on the old disk"),
    ("saved", "pvscan", "group-seen", "does not see the old group as vm42_RootVG"),
    ("saved", "vgscan", "group-alone", "Two volume groups are called RootVG"),
    ("ready", "vgscan", "group-alone", "does not see the old group as vm42_RootVG"),
    ("restored", "activate", "activated", "No volume of vm42_RootVG is active"),
    ("mounted", "activate", "volumes-closed", "is mounted on /recovered/vm42/root"),
    ("mounted", "quiet", "old-volumes-unmounted", "is mounted on /recovered/vm42/root"),
    ("restored", "mount-var", "mountable", "is not there; the group is not active"),
    ("active", "mount-var", "mounted", "var is not mounted"),
    ("mounted", "mount-var", "place-free", "is mounted on /recovered/vm42/var"),
    ("mounted", "mount-var", "unmounted", "still mounted"),
    ("active", "activate", "asleep", "Still active"),
    ("restored", "restore", "given-back", "has not been written back yet"),
    ("active", "restore", "given-back", "/etc/lvm/backup/vm42_RootVG is still there"),
    ("restored", "rescan", "disks-gone", "Still there: sdb"),
]


@pytest.mark.parametrize(("moment", "step", "rule"), HOLDS)
def test_it_holds(moment: str, step: str, rule: str) -> None:
    verdict = judge(moment, check(step, rule))
    assert verdict.holds, verdict.sentence


@pytest.mark.parametrize(("moment", "step", "rule", "words"), HOLDS_NOT)
def test_it_does_not_hold_and_says_why(moment: str, step: str, rule: str, words: str) -> None:
    verdict = judge(moment, check(step, rule))
    assert not verdict.holds
    assert words in verdict.sentence


def test_the_wait_goes_on_while_no_disk_is_there() -> None:
    assert judge("ready", check("rescan", "disks-arrived")).not_yet


def test_another_disk_is_named_by_serial_label_and_group() -> None:
    verdict = judge("stranger", check("rescan", "disks-arrived"))
    assert verdict.not_yet
    assert verdict.sentence.startswith("Another disk appeared: sdb (128.0 MiB, serial db07-data). Its label says")
    assert "of volume group DataVG last written on db07. It is not the disk" in verdict.sentence


def test_what_each_step_found_is_what_a_later_judge_needs() -> None:
    assert judge("attached", check("rescan", "disks-arrived")).found["disks"][PV]["serial"] == "vm42-root"
    assert set(judge("saved", check("save", "areas-saved"), found=found_before("baseline")).found["areas"]) == {PV}
    restored = judge("restored", check("restore", "restored"), found=found_before("baseline")).found
    assert restored["written"]["sdb"] > 0
    assert restored["areas"] == load("found")["restore"]["areas"]


def test_a_second_look_keeps_the_first_count_of_written_sectors() -> None:
    found = {**load("found"), "restore": {"written": {"sdb": 1}}}
    assert judge("restored", check("restore", "restored"), found=found).found["written"] == {"sdb": 1}


def test_before_the_save_our_own_text_on_the_disk_is_not_accepted() -> None:
    verdict = judge("restored", check("identify", "identified"), found=found_before("baseline"))
    assert "The file does not agree with the disk" in verdict.sentence


def test_a_resumed_run_recognises_what_it_wrote_itself() -> None:
    assert judge("restored", check("identify", "identified")).holds


def test_saved_areas_must_be_what_is_on_the_disk_until_we_write() -> None:
    verdict = judge("restored", check("save", "areas-saved"), found=found_before("baseline"))
    assert "is not as it was saved" in verdict.sentence


def test_the_report_lists_what_is_mounted_and_what_was_skipped() -> None:
    found = judge("mounted", check("report", "report")).found
    assert [row["lv"] for row in found["mounts"]] == ["root", "var"]
    assert [entry["name"] for entry in found["mounts"][0]["entries"]] == ["etc", "lost+found"]
    assert found["skipped"] == [{"lv": "swap", "why": "is swap space"}]


def test_a_baseline_that_is_not_in_the_found_is_read_from_the_host() -> None:
    assert judge("attached", check("attach", "disk-visible"), found={}).holds
