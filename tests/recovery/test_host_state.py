"""What is worked out from a host's state: whose mapping is open, and on which devices it lies in the end."""

from __future__ import annotations

from recovery.facts.host import Dm
from recovery.facts.lvm_report import JSON_LINE
from tests.recovery.story import host_at

ORIGIN = Dm("G-data", "LVM-x", "253:9", 1, True, ("0 8 snapshot-origin 253:8",))
REAL = Dm("G-data-real", "LVM-x-real", "253:8", 2, True, ("0 8 linear 8:16 2048",))
SNAP = Dm("G-snap", "LVM-y", "253:7", 0, True, ("0 8 snapshot 253:8 253:6 P 8",))
COW = Dm("G-snap-cow", "LVM-y-cow", "253:6", 1, False, ("0 8 linear 8:32 2048",))
STATE = host_at("active", mappings=(ORIGIN, REAL, SNAP, COW))


def test_a_mapping_that_others_lie_on_is_not_open_for_that() -> None:
    assert [STATE.opened_by_others(dm) for dm in (ORIGIN, REAL, SNAP, COW)] == [True, False, False, False]


def test_a_mapping_lies_on_disks_in_the_end() -> None:
    assert [sorted(STATE.leaves(dm)) for dm in (ORIGIN, REAL, SNAP, COW)] == [
        ["8:16"],
        ["8:16"],
        ["8:16", "8:32"],
        ["8:32"],
    ]


def test_words_between_the_lines_of_a_report_are_not_json() -> None:
    lines = ["  {", '      "report": [', "  Retrying metadata scan.", "          ]", "  ,", "  WARNING: x"]
    assert [bool(JSON_LINE.match(line)) for line in lines] == [True, True, False, True, True, False]
