"""Typed references stand for exactly one thing on the host, or for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from changes.kinds import Context
from recovery.facts.labels import AskLabels
from recovery.kind import KIND
from tests.recovery.story import PV, RUN_DIR, Recorded, found_before, load, plan


def resolve(reference: str, moment: str, found: Any = None, changed: Any = None) -> list[str]:
    known = load("found") if found is None else found
    return list(KIND.resolve(reference, Context(Recorded(moment, changed), plan(), RUN_DIR, known)))


def test_the_runs_directory_is_itself() -> None:
    assert resolve("run_dir", "ready") == [RUN_DIR]


def test_a_physical_volume_is_found_by_its_label_on_a_new_disk() -> None:
    assert resolve(f"pv:{PV}", "attached") == ["/dev/sdb"]


def test_a_physical_volume_that_is_not_there_is_nothing() -> None:
    assert resolve(f"pv:{PV}", "ready") == []
    assert resolve(f"pv:{PV}", "stranger") == []


def test_the_running_systems_disk_is_never_an_answer() -> None:
    running = next(device for device in Recorded("attached")(AskLabels()) if device.name == "sda")
    assert resolve(f"pv:{running.uuid}", "attached") == []


def test_two_disks_with_one_uuid_are_two_answers() -> None:
    known = Recorded("attached")(AskLabels())
    twin = replace(known[-1], name="sdc", number="8:32")
    assert resolve(f"pv:{PV}", "attached", changed={AskLabels: (*known, twin)}) == ["/dev/sdb", "/dev/sdc"]


def test_areas_are_what_the_label_names() -> None:
    assert resolve(f"areas:{PV}", "attached") == ["0:1048576"]


def test_areas_that_the_label_does_not_tell_are_nothing() -> None:
    known = Recorded("attached")(AskLabels())
    bare = tuple(replace(d, label=replace(d.label, data_areas=())) if d.name == "sdb" else d for d in known)
    assert resolve(f"areas:{PV}", "attached", changed={AskLabels: bare}) == []


def test_what_was_left_is_the_hash_that_the_run_noted() -> None:
    assert resolve(f"left:{PV}", "restored") == [load("found")["restore"]["areas"][PV]]


def test_what_was_left_by_a_broken_restore_is_what_is_there_if_it_is_ours() -> None:
    found = found_before("baseline", "identify", "save")
    assert resolve(f"left:{PV}", "restored", found) == [load("found")["restore"]["areas"][PV]]


def test_an_unknown_reference_is_nothing() -> None:
    assert resolve("lv:root", "attached") == []
