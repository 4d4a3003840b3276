"""What is no file of /proc/net/bonding is refused, with the line that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from networking.bonding.status import parse_proc

REFUSED = Path(__file__).parents[1] / "samples" / "proc" / "refused"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("empty", "empty from line 1 on"),
        ("blank-lines", "empty from line 1 on"),
        ("starts-inside-a-port", "Line 1 ('Link Failure Count: 0') is not how"),
        ("starts-with-mii-status", "Line 1 ('MII Status: up') is not how"),
        ("no-such-file", "Line 2 ('cat: /proc/net/bonding/bond0: No such file or directory') is not how"),
        ("two-bonds-in-one", "Line 11 begins a second bond"),
    ],
)
def test_the_refusal_names_the_line(name, said):
    with pytest.raises(ValueError) as refusal:
        parse_proc((REFUSED / f"{name}.txt").read_text())
    assert said in str(refusal.value)
