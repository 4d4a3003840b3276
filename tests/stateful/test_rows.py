"""People, workers and a host, in any order, on the real tables: nothing unapproved, nothing doubled (S1)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from changes import kinds
from tests.stateful.playing import play, play_the_same
from tests.stateful.rows import Rows
from tests.stateful.strikes import Strikes
from tests.stateful.toys import Toys

pytestmark = pytest.mark.django_db
WANTED = 5_000


@pytest.fixture(autouse=True)
def stage(tmp_path: Path, settings, monkeypatch) -> None:
    """The machine's host is this one, its workers can be struck anywhere, and nobody waits for a host that is away."""
    settings.HOST_ROOT = str(tmp_path)
    strikes = Strikes()
    monkeypatch.setattr(Rows, "place", tmp_path, raising=False)
    monkeypatch.setattr(Rows, "strikes", strikes, raising=False)
    monkeypatch.setattr(Rows, "steps", 0)
    monkeypatch.setattr(Rows, "reached", Counter())
    for module in ("lines", "engine"):
        monkeypatch.setattr(f"execution.{module}.open_session", strikes.open)
    monkeypatch.setattr("execution.hands.PAUSES", (0,))
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    monkeypatch.setattr("execution.failpoints.reach", strikes.reach)
    monkeypatch.setitem(kinds._KINDS, "toys", Toys())


def test_whatever_people_and_workers_do_is_approved_and_done_once() -> None:
    play_the_same(Rows, 4)
    assert Rows.steps > 100


@pytest.mark.chaos
def test_five_thousand_steps_on_the_real_tables_break_nothing() -> None:
    while Rows.steps < WANTED:
        play(Rows, 25)
    print(f"S1: {Rows.steps} steps against the database; changes ended {dict(Rows.reached)}")
