"""Fixtures for changes that are struck on lab hosts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from changes.models import Change
from changes.services import Request, change_create
from lab import Host
from tests.lab.striking import begin, known


@pytest.fixture
def acts(monkeypatch, settings) -> dict[tuple[str, str], Callable[[], None]]:
    """What happens when a worker reaches a place of a step, once each."""
    todo: dict[tuple[str, str], Callable[[], None]] = {}

    def reach(place: str, step: str = "") -> None:
        act = todo.pop((place, step), None)
        if act:
            act()

    monkeypatch.setattr("execution.failpoints.reach", reach)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    settings.LEASE_SECONDS = settings.HEARTBEAT_SECONDS = 3600  # the heartbeat's connection is not in this transaction
    return todo


@pytest.fixture
def started(rosa, amir, olu) -> Callable[..., Change]:
    """Rosa asks, Amir approves, Olu starts it; no worker has looked."""

    def start(kind: str, host: Host, params: dict[str, Any]) -> Change:
        asked = Request(kind, params, known(host).pk, None, "It does not boot.")
        return begin(rosa, amir, olu, change_create(rosa, asked))

    return start
