"""Volumes that stay asleep, by the metadata that three LVM versions wrote of every type they have."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from recovery.asleep import asleep, awake, by_name, halves
from recovery.lvm.metadata import VolumeGroup, parse_metadata
from tests.recovery.story import params, plan, refused

LVM = Path(__file__).parent / "lvm" / "samples"
TEXT: str = params()["metadata"]
EVERY = ("30-gen-2.03.32-alltypes", "31-gen-2.03.16-alltypes", "32-gen-2.02.187-rhel7-alltypes")


def text(name: str) -> str:
    return (LVM / f"{name}.vg").read_text()


@cache
def group(name: str = EVERY[0]) -> VolumeGroup:
    return parse_metadata(text(name)).volume_group


@pytest.mark.parametrize("name", EVERY)
def test_plain_volumes_and_snapshots_wake_and_the_others_sleep(name: str) -> None:
    there = {lv.name for lv in awake(group(name))}
    assert there == {"root", "lv--dash", "striped", "swap", "fixedminor", "ro", "oldsnap"}
    assert {"pool", "thin1", "thinsnap", "mirr", "r1", "r5", "r10", "slow"} <= asleep(group(name)).keys()


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        ("pool", "it is a thin pool, which can be activated for writing only"),
        ("thin1", "it is thin, and its pool can be activated for writing only"),
        ("thinsnap", "it is marked to be skipped by activation (lvchange -ky)"),
        ("r5", "it is raid5, whose superblocks are rewritten whenever it is active"),
        ("slow", "it is cached, and a cache rewrites its own metadata whenever it is active"),
        ("mirr", "it is a mirror, and its halves are copied over one another when it wakes"),
    ],
)
def test_each_type_has_its_reason(volume: str, why: str) -> None:
    assert asleep(group())[volume] == why


def test_a_snapshot_wakes_with_its_origin_and_is_not_named() -> None:
    assert by_name(group()) == ("root", "lv--dash", "striped", "swap", "fixedminor", "ro")
    assert halves(group(), "X") == ("X-root-real", "X-oldsnap-cow")


def test_a_snapshot_of_a_sleeping_origin_sleeps_too() -> None:
    origin = group().logical_volume("root")._replace(flags=("ACTIVATION_SKIP",))
    volumes = tuple(origin if lv.name == "root" else lv for lv in group().logical_volumes)
    changed = replace(group(), logical_volumes=volumes)
    assert asleep(changed)["oldsnap"] == "it is a snapshot of root, which is left asleep"
    assert halves(changed, "X") == ()


def test_a_type_that_nobody_knows_sleeps() -> None:
    root = group().logical_volume("root")
    odd = root._replace(segments=(root.segments[0]._replace(type="vdo"),))
    changed = replace(group(), logical_volumes=(odd,))
    assert "of the type vdo" in asleep(changed)["root"]


def test_a_plan_wakes_what_it_may_and_says_what_it_leaves() -> None:
    root = {"lv": "root", "mount_point": "/recovered/vm42/root"}
    made = plan(params(metadata=text(EVERY[1]), volumes=[root]))
    activate, restore = made.step("activate").command, made.step("restore").command
    assert activate is not None
    assert activate.argv[2:] == ("root", "lv--dash", "striped", "swap", "fixedminor", "ro")
    assert restore is not None
    assert "--force" in restore.argv
    assert any("Left asleep, not recovered: " in warning for warning in made.warnings)
    assert set(made.settings["volumes"].values()) == {lv.name for lv in awake(group(EVERY[1]))}


def test_a_plan_of_plain_volumes_wakes_the_group_as_a_whole_and_forces_nothing() -> None:
    activate, restore = plan().step("activate").command, plan().step("restore").command
    assert activate is not None
    assert len(activate.argv) == 2
    assert restore is not None
    assert "--force" not in restore.argv
    assert "halves" not in plan().settings


def test_a_snapshot_can_be_asked_for() -> None:
    snap = {"lv": "oldsnap", "mount_point": "/recovered/vm42/oldsnap"}
    assert plan(params(metadata=text(EVERY[1]), volumes=[snap])).step("mount-oldsnap")


def test_a_group_of_which_nothing_may_wake_is_refused() -> None:
    flagged = TEXT.replace('"VISIBLE"]\n\t\t\tflags = []', '"VISIBLE"]\n\t\t\tflags = ["ACTIVATION_SKIP"]')
    assert flagged != TEXT
    assert "No volume of RootVG can be activated without writing" in " ".join(refused(params(metadata=flagged)).reasons)
