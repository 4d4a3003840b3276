"""Logs stay small."""

from __future__ import annotations

from pathlib import Path

from config.supervisor import LogFile


def test_a_full_log_makes_room_and_keeps_the_last_ones(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "web.log", limit=100, keep=2)
    for number in range(60):
        log.write(b"%05d line\n" % number)
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["web.log", "web.log.1", "web.log.2"]
    kept = b"".join((tmp_path / name).read_bytes() for name in reversed(files))
    numbers = [int(line.split()[0]) for line in kept.splitlines()]
    assert numbers == list(range(numbers[0], 60))
    assert all((tmp_path / name).stat().st_size < 150 for name in files)
