"""Disk images are copied byte for byte, and only their data is written."""

from __future__ import annotations

import os
from pathlib import Path

from lab.disks import Disk, copy_sparse

MIB = 1024 * 1024


def image(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(64 * MIB)
        os.pwrite(file.fileno(), b"begin", 0)
        os.pwrite(file.fileno(), os.urandom(3 * MIB + 17), 20 * MIB + 5)
        os.pwrite(file.fileno(), b"end", 64 * MIB - 3)
    return path


def test_a_copy_has_the_same_hash(tmp_path: Path) -> None:
    source = image(tmp_path / "a.raw")
    copy_sparse(source, tmp_path / "b.raw")
    assert Disk(source, "a").sha256() == Disk(tmp_path / "b.raw", "b").sha256()


def test_a_copy_takes_no_more_room_than_its_data(tmp_path: Path) -> None:
    copy_sparse(image(tmp_path / "a.raw"), tmp_path / "b.raw")
    assert (tmp_path / "b.raw").stat().st_blocks * 512 < 8 * MIB
