"""A mount is recognised by its device's number, also where the file system has made one up for itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

from recovery.scripts import script

BTRFS = r"151 28 0:43 / /recovered/a\040b rw,relatime shared:80 - btrfs /dev/mapper/x-leaf rw,subvol=/"
EXT4 = "30 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/RootVG-root rw"


def told(tmp_path: Path, answer: str, *lines: str) -> list[str]:
    (tmp_path / "mountinfo").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "lsblk").write_text(
        f"#!/bin/sh\n[ \"$*\" = '-d -n -o MAJ:MIN -- /dev/mapper/x-leaf' ] && echo '{answer}'\n"
    )
    (tmp_path / "lsblk").chmod(0o755)
    text = script("mounts.lib").replace("/proc/self/mountinfo", str(tmp_path / "mountinfo"))
    words = ["sh", "-euc", f"PATH={tmp_path}:$PATH\n{text}\nmounts"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


def test_btrfs_gets_the_number_of_the_device_under_it(tmp_path: Path) -> None:
    assert told(tmp_path, " 254:5 ", EXT4, BTRFS) == [EXT4, BTRFS.replace("0:43", "254:5")]


def test_where_the_device_is_unknown_the_line_stays(tmp_path: Path) -> None:
    assert told(tmp_path, "", EXT4, BTRFS) == [EXT4, BTRFS]


def test_this_machines_own_mounts_come_through_unchanged() -> None:
    words = ["sh", "-euc", f"{script('mounts.lib')}\nmounts"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    ours = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if " - btrfs " not in line]
    assert set(ours) <= set(said.splitlines())
