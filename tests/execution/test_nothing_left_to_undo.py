"""A step that takes away all that was made: until it is done there is an undo, and afterwards none."""

from __future__ import annotations

import pytest

from changes.models import Change
from changes.services import Denied
from changes.states import State
from execution import engine, services

pytestmark = pytest.mark.django_db


def looked_at(change: Change) -> Change:
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


def test_once_all_is_gone_there_is_no_undo_and_the_page_offers_none(queued_toy, olu, as_user, client, journal):
    change = looked_at(queued_toy("a", "clear"))
    assert change.state is State.SUCCEEDED
    with pytest.raises(Denied, match="It is all gone already"):
        services.run_undo(olu, change)
    assert journal() == ["a", "clear"] and looked_at(change).state is State.SUCCEEDED
    assert "Undo: " not in as_user(client, olu).get(f"/changes/{change.pk}/").content.decode()


def test_until_then_there_is_one(queued_toy, olu, as_user, client, journal):
    change = looked_at(queued_toy("a", "bad", "clear"))
    assert "Undo: " in as_user(client, olu).get(f"/changes/{change.pk}/").content.decode()
    services.run_undo(olu, change)
    assert looked_at(change).state is State.UNDONE and journal() == []
