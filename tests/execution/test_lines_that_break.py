"""A host that lets us in and breaks every command off: asked again for a while, not for ever, and not in a hurry."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from execution import hands
from execution.hands import HostHands
from execution.models import DO
from execution.runner import Work
from ssh.session import SessionError


class Breaking:
    def __init__(self) -> None:
        self.asked = 0

    def run(self, command: object) -> Any:
        self.asked += 1
        raise SessionError("The connection broke.", sent=True)

    def close(self) -> None:
        pass


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Breaking:
    monkeypatch.setattr(HostHands, "_pause", lambda hands, seconds: None)
    return Breaking()


def test_following_gives_up_after_as_many_attempts_as_any_other_question(breaking: Breaking) -> None:
    made = HostHands.__new__(HostHands)
    host = SimpleNamespace(name="app01")
    made.run = SimpleNamespace(phase=DO, name="1-abc", fence=1)  # type: ignore[assignment]
    made.lease = SimpleNamespace(check=lambda: None, alive=True)  # type: ignore[assignment]
    made.lines = SimpleNamespace(open=lambda host: breaking, drop=lambda host: None)  # type: ignore[assignment]
    made.host, made.fences, made.first, made.round, made.pauses = host, {}, None, None, hands.PAUSES  # type: ignore[assignment]
    with pytest.raises(SessionError, match="broke"):
        list(made.follow(Work("a", "A", None, (), ()), 1, 0))
    assert breaking.asked == len(hands.PAUSES) + 1
