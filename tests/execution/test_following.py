"""A change that brings another to its end takes over the locks that the other kept, and gives them back if it fails."""

from __future__ import annotations

import pytest

from changes.models import Change, Lock
from changes.services import LockHeld, change_create, locks_release, locks_take, move
from changes.states import State
from execution.gate import conditions, lock_keys
from recovery.handback.asking import wish_for
from recovery.handback.views import asked
from tests.pages.scene import Scene


@pytest.fixture
def recovery(rosa, amir, olu) -> Change:
    """One that succeeded: its host is free, its VM's disk is not."""
    change = Scene(rosa, amir, olu).succeeded()
    locks_release(change, ["host:app01"])
    return change


@pytest.fixture
def back(recovery, rosa) -> Change:
    return change_create(rosa, asked(wish_for(recovery), "Copied.", ""))


def holders() -> dict[str, int | None]:
    return dict(Lock.objects.values_list("key", "holder_id"))


def test_the_disk_is_taken_over_and_given_back_where_the_gate_stays_shut(recovery, back):
    assert holders() == {"host:app01": None, "vm:vm42": recovery.pk}
    assert next(c for c in conditions(back) if c.title == "Lock").ok
    locks_take(back, lock_keys(back))
    assert holders() == {"host:app01": back.pk, "vm:vm42": back.pk}
    locks_release(back)
    assert holders() == {"host:app01": None, "vm:vm42": recovery.pk}


def test_when_it_has_succeeded_nobody_holds_the_disk_any_more(recovery, back):
    locks_take(back, lock_keys(back))
    Change.objects.filter(pk=back.pk).update(status=State.SUCCEEDED)
    locks_release(Change.objects.get(pk=back.pk))
    assert holders() == {"host:app01": None, "vm:vm42": None}


def test_a_recovery_that_is_being_undone_keeps_what_it_holds(recovery, back, olu):
    move(recovery, State.UNDOING, olu, "Undo requested")
    with pytest.raises(LockHeld, match=f"#{recovery.pk} holds vm42"):
        locks_take(back, lock_keys(back))


def test_any_other_change_still_waits_for_the_disk(recovery, rosa):
    other = change_create(rosa, asked(wish_for(recovery), "Copied.", ""))
    Change.objects.filter(pk=other.pk).update(kind="recovery")
    with pytest.raises(LockHeld):
        locks_take(Change.objects.get(pk=other.pk), ["vm:vm42"])
