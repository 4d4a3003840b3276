"""A process that was stopped, and that nobody lets go on, is killed: it may keep SQLite's lock."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from config.stopped import Standing, stopped_in
from tests.config.conftest import Supervised, alive, until

Start = Callable[..., Supervised]


def test_a_stopped_leader_is_killed_and_started_again(supervised: Start) -> None:
    running = supervised()
    before = running.pid("first")
    os.kill(before, signal.SIGSTOP)
    assert alive(running.pid("first", after=before))
    assert f"first: process {before} was stopped for 1 s and is killed" in running.end()


def test_a_stopped_process_of_a_pool_is_killed_and_its_leader_stays(supervised: Start) -> None:
    running = supervised()
    leader, pool = running.pid("leader"), running.pid("pool")
    os.kill(pool, signal.SIGSTOP)
    assert until(lambda: not alive(pool))
    assert running.pid("leader") == leader and alive(leader)


def test_others_can_write_once_a_writer_that_stopped_is_gone_and_its_half_is_not_there(
    supervised: Start, tmp_path: Path
) -> None:
    running = supervised(10.0, "writer")
    running.pid("writer", after=running.pid("writer"))
    with closing(sqlite3.connect(tmp_path / "rows.sqlite3", timeout=0)) as rows:
        rows.execute("INSERT INTO rows VALUES ('whole')")
        assert rows.execute("SELECT word FROM rows").fetchall() == [("whole",)]


def test_only_what_stood_still_at_every_look_for_so_long_is_killed() -> None:
    standing = Standing(patience=25)
    assert standing.too_long([7, 8], now=100) == []
    assert standing.too_long([8], now=110) == []
    assert standing.too_long([7, 8], now=124.9) == []
    assert standing.too_long([7, 8], now=125) == [8]
    assert standing.too_long([7], now=149.8) == []
    assert standing.too_long([7], now=149.9) == [7]


def a_process(proc: Path, pid: int, state: str, session: int) -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "stat").write_text(f"{pid} (a) T (b)) {state} 1 {session} {session} 0 -1 4194560 512")


def test_other_sessions_and_what_a_debugger_holds_are_left_alone(tmp_path: Path) -> None:
    for pid, (state, session) in enumerate([("T", 50), ("T", 60), ("t", 50), ("S", 50), ("Z", 50)], 100):
        a_process(tmp_path, pid, state, session)
    (tmp_path / "105").mkdir()
    (tmp_path / "self").mkdir()
    assert stopped_in({50}, tmp_path) == {100: 50}
