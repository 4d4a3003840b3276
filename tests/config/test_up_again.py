"""How a whole Regroup ends, and what a start finds after a crash or a newer version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.conftest import Up, alive, until

pytestmark = pytest.mark.xdist_group("up")


def test_term_ends_every_part(tmp_path: Path) -> None:
    up = Up(tmp_path / "var")
    up.wait_ready()
    pids = [process.pid for process in up.family()]
    assert up.end() == 0
    assert len(pids) >= 6
    assert until(lambda: not any(map(alive, pids)))


@pytest.fixture
def crashed(tmp_path: Path) -> Iterator[Up]:
    """A dashboard whose supervisor was killed once it was ready."""
    up = Up(tmp_path / "var")
    try:
        up.wait_ready()
        pids = [process.pid for process in up.family()]
        up.process.kill()
        assert until(lambda: not any(map(alive, pids)))
        up.ready.unlink()
        yield up
    finally:
        up.process.kill()


def test_it_starts_after_a_crash_and_prints_no_new_password(crashed: Up) -> None:
    again = Up(crashed.state)
    try:
        again.wait_ready()
        assert "password" not in again.said()
    finally:
        again.end()


def test_a_database_of_a_newer_version_is_refused_by_name(crashed: Up) -> None:
    with sqlite3.connect(crashed.state / "regroup.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('people', '9999_later', '2030-01-01')"
        )
    database.close()
    done = crashed.manage("regroup", "up", "--port", str(crashed.port))
    assert done.returncode == 1
    assert "written by a newer Regroup (it has people.9999_later" in done.stderr
