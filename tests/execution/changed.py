"""Something is changed between approval and run; then workers look (S2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from changes.models import Change
from execution import engine
from tests.execution.toy import ToyKind

BEFORE, WHILE_ASKED = "before the gate", "while the host is asked"


def looked_at(change: Change, do: Callable[[Change], object], when: str, monkeypatch: pytest.MonkeyPatch) -> Change:
    """Do it, before the gate or while the gate asks the host, and have two workers look."""
    if when == BEFORE:
        do(change)
    else:
        gather = ToyKind.gather

        def asked(kind: ToyKind, params: Any, ask: Any) -> Any:
            do(change)
            return gather(kind, params, ask)

        monkeypatch.setattr(ToyKind, "gather", asked)
    for _ in range(2):
        engine.look(change.pk)
    return Change.objects.get(pk=change.pk)
