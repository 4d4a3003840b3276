from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from changes import kinds
from execution import leases
from tests.stateful.book import Clock
from tests.stateful.laws import Laws
from tests.stateful.rows import Rows
from tests.stateful.strikes import Strikes
from tests.stateful.toys import Toys


@pytest.fixture
def stage(tmp_path: Path, settings, monkeypatch) -> None:
    """The machine's host is this one, its workers can be struck anywhere, and nobody waits for a host that is away.

    Time is the machine's, for the database as well.
    """
    settings.HOST_ROOT = str(tmp_path)
    strikes, clock, databases = Strikes(), Clock(), leases.database_now
    monkeypatch.setattr(Rows, "place", tmp_path, raising=False)
    monkeypatch.setattr(Rows, "strikes", strikes, raising=False)
    monkeypatch.setattr(Rows, "clock", clock, raising=False)
    monkeypatch.setattr(Laws, "steps", 0)
    monkeypatch.setattr(Laws, "met", Counter())
    monkeypatch.setattr(Rows, "reached", Counter())
    monkeypatch.setattr(Rows, "acts", Counter())
    for module in ("lines", "engine"):
        monkeypatch.setattr(f"execution.{module}.open_session", strikes.open)
    monkeypatch.setattr("execution.hands.PAUSES", (0,))
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    monkeypatch.setattr("execution.failpoints.reach", strikes.reach)
    monkeypatch.setattr("django.utils.timezone.now", clock)
    for module in [one for one in sys.modules.values() if getattr(one, "database_now", None) is databases]:
        monkeypatch.setattr(module, "database_now", clock)
    monkeypatch.setitem(kinds._KINDS, "toys", Toys())
