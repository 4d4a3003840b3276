"""A group of 300 volumes on 12 disks, 1.9 MiB of metadata, is planned like any other (bench/plan.py has the times)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recovery.attached import Attached
from recovery.lvm.metadata import parse_metadata
from tests.recovery.disks import with_disks
from tests.recovery.large import LVS, PVS, VG_UUID, asked, large_group, pv_uuid
from tests.recovery.story import plan, refused

pytestmark = pytest.mark.no_cover  # three hundred times what others count once


def disks() -> tuple[Attached, ...]:
    size = 2**36
    return tuple(
        Attached(f"sd{chr(98 + n)}", f"8:{16 * n + 16}", f"sd{chr(98 + n)}", "", pv_uuid(n), size, size, f"big-{n}", "",
                 f"0:0:{n + 1}:0", large_group())
        for n in range(PVS)
    )  # fmt: skip


def test_it_is_as_large_as_promised() -> None:
    group = parse_metadata(large_group()).volume_group
    assert len(large_group()) > 1.9 * 2**20
    assert (len(group.physical_volumes), len(group.logical_volumes)) == (PVS, LVS)


def test_from_the_file_every_volume_is_mounted_and_only_the_name_is_edited() -> None:
    made = plan(asked())
    assert len([step for step in made.steps if step.key.startswith("mount-")]) == LVS
    edited = made.step("edit").files[0]
    assert edited.after == large_group().replace("BigVG {", "big01_BigVG {", 1)
    assert len(made.target["pv_uuids"]) == PVS


def test_from_its_twelve_disks_it_is_renamed_by_uuid() -> None:
    made = plan(asked(metadata="", disk="big-3", volumes=[]), with_disks(*disks()))
    assert made.settings["strategy"] == "rename"
    assert made.target["vg_uuid"] == VG_UUID
    assert [disk["serial"] for disk in made.target["disks"]] == [f"big-{n}" for n in range(PVS)]
    assert len([step for step in made.steps if step.key.startswith("mount-")]) == LVS


def test_one_of_its_disks_an_hour_older_than_the_others_is_seen() -> None:
    older = replace(disks()[7], text=large_group().replace("seqno = 902", "seqno = 901"))
    found = [older if disk.name == older.name else disk for disk in disks()]
    assert "has another sequence number" in refused(asked(metadata="", disk="big-3"), with_disks(*found)).reasons[0]
