"""One Regroup per state directory, on a port that is free, after whatever a crash left."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from config.instance import (
    CannotStart,
    Instance,
    Running,
    clean_leftovers,
    prune_queue,
    require_port,
    require_writable,
    running,
)


def test_a_second_start_is_told_who_runs_and_where(tmp_path: Path) -> None:
    first = Instance(tmp_path)
    first.take()
    first.tell(Running(4711, "http://127.0.0.1:8420", "filesystem://"))
    with pytest.raises(CannotStart, match="already runs here as pid 4711 at http://127.0.0.1:8420"):
        Instance(tmp_path).take()
    first.free()


def test_the_next_one_may_start_when_the_first_has_ended(tmp_path: Path) -> None:
    first = Instance(tmp_path)
    first.take()
    first.free()
    second = Instance(tmp_path)
    second.take()
    assert running(tmp_path) is None
    second.free()


def test_a_lock_file_of_a_crashed_one_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "up.lock").write_text('{"pid": 1, "url": "http://x", "broker": "filesystem://"}')
    assert running(tmp_path) is None


def test_a_taken_port_is_named_with_who_has_it_and_what_to_say_instead() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart) as refused:
            require_port(port)
    assert f"Port {port} is taken by " in str(refused.value)
    assert f"(pid {os.getpid()})" in str(refused.value)
    assert f"REGROUP_PORT={port + 1}" in str(refused.value)


def test_a_free_port_is_fine() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    require_port(port)


def test_the_state_directory_is_made_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    require_writable(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_state_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="REGROUP_STATE"):
        require_writable(tmp_path / "gone")


def test_what_a_crash_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    left = ["queue/1_a.runs.msg", "queue/processed/2_b.runs.msg", "redis/redis.sock"]
    kept = ["queue/runs.exchange", "regroup.sqlite3", "credential_keys"]
    for name in left + kept:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    clean_leftovers(tmp_path)
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == sorted(kept)


def test_delivered_hints_are_pruned_when_they_are_old(tmp_path: Path) -> None:
    done = tmp_path / "queue" / "processed"
    done.mkdir(parents=True)
    for name, age in (("old", 3600), ("new", 0)):
        (done / name).touch()
        then = (done / name).stat().st_mtime - age
        os.utime(done / name, (then, then))
    assert prune_queue(tmp_path) == 1
    assert [path.name for path in done.iterdir()] == ["new"]
