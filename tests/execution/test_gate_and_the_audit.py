"""Nothing begins while what was done so far is not sealed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from audit.services import seal_all
from changes.models import Change, Lock
from changes.services import Denied
from changes.states import State
from execution import engine, services
from execution.gate import conditions

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_patience(monkeypatch):
    monkeypatch.setattr("execution.gate.SEALER_STARTS", 0.0)


def falls_behind() -> None:
    """An entry that no sealer has come to for more than a minute."""
    Entry.objects.create(action="host.edit", actor_name="ada", at=timezone.now() - timedelta(seconds=90))


def gated(change: Change) -> Change:
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


def test_a_run_does_not_begin_while_the_sealer_is_behind(queued_toy, journal):
    change = queued_toy("a")
    falls_behind()
    change = gated(change)
    assert (change.state, journal()) == (State.BLOCKED, [])
    assert "sealer is 90 s behind" in change.transitions.last().reason
    assert not Lock.objects.filter(holder__isnull=False).exists()


def test_the_host_is_not_even_asked(queued_toy, monkeypatch):
    change = queued_toy("a")
    falls_behind()
    monkeypatch.setattr("execution.lines.open_session", lambda host: pytest.fail("asked"))
    assert gated(change).state is State.BLOCKED


def test_a_sealer_that_dies_while_the_host_is_asked_stops_it_too(queued_toy, journal, monkeypatch):
    change = queued_toy("a")
    plan = type(change.the_kind).plan

    def late(self, params, facts):
        falls_behind()
        return plan(self, params, facts)

    monkeypatch.setattr("tests.execution.toy.ToyKind.plan", late)
    assert (gated(change).state, journal()) == (State.BLOCKED, [])


def test_a_sealer_that_starts_when_we_do_is_waited_for(queued_toy, journal, monkeypatch):
    change = queued_toy("a")
    falls_behind()
    monkeypatch.setattr("execution.gate.SEALER_STARTS", 60.0)
    monkeypatch.setattr("execution.gate.time.sleep", lambda seconds: seal_all())
    assert (gated(change).state, journal()) == (State.SUCCEEDED, ["a"])


def test_it_begins_once_all_is_sealed(queued_toy, olu, journal):
    change = queued_toy("a")
    falls_behind()
    change = gated(change)
    seal_all()
    services.run_request(olu, change)
    assert (gated(change).state, journal()) == (State.SUCCEEDED, ["a"])


def test_the_gate_says_so_among_its_conditions(queued_toy):
    change = queued_toy("a")
    assert [c.ok for c in conditions(change) if c.title == "Audit"] == [True]
    falls_behind()
    (audit,) = (c for c in conditions(change) if c.title == "Audit")
    assert audit.ok is False and "worker “sweeps”" in audit.reason


def test_a_failed_run_is_not_resumed_meanwhile_but_can_be_undone(queued_toy, olu, journal):
    change = gated(queued_toy("a", "bad"))
    assert change.state is State.FAILED
    falls_behind()
    with pytest.raises(Denied, match="s behind"):
        services.run_resume(olu, change)
    services.run_undo(olu, change)
    assert (gated(change).state, journal()) == (State.UNDONE, [])
