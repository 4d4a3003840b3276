"""A host that is out of reach in a step that may lose it: the run is parked, costs nothing, and finds its way back."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from changes.models import Change, Lock
from changes.services import Denied, Request, change_approve, change_create, change_submit
from changes.states import State, StepState
from execution import engine, services
from execution.due import runs_due
from execution.models import Run
from inventory.models import Host
from ssh.session import Unreachable
from tests.execution.local_session import LocalSession

pytestmark = pytest.mark.django_db


class Road:
    """The way to the hosts; `closed` from the moment that the step `far` is begun, if `breaks`."""

    closed = breaks = False

    def __call__(self, host):
        if self.closed:
            raise Unreachable("No answer.")
        return LocalSession()


@pytest.fixture
def road(monkeypatch):
    made = Road()
    monkeypatch.setattr("execution.lines.open_session", made)
    monkeypatch.setattr("execution.hands.OUTAGE_PAUSES", ())
    return made


def looked_at(change: Change) -> Change:
    Run.objects.update(next_poll=None)
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


@pytest.fixture
def lost(queued_toy, road, monkeypatch):
    """A change whose host is out of reach since its second step was looked at."""
    change = queued_toy("a", "far", "b")
    turn = engine.HostHands.turn

    def close_at_far(hands, work):
        road.closed = road.closed or work.key == "far"
        turn(hands, work)

    monkeypatch.setattr(engine.HostHands, "turn", close_at_far)
    change = looked_at(change)
    monkeypatch.setattr(engine.HostHands, "turn", turn)
    return change


def test_the_run_is_parked_and_nobody_works_on_it(lost):
    run = Run.objects.get(change=lost)
    assert lost.state is State.WAITING
    assert (run.lease_owner, run.wait_step) == ("", "far")
    assert "cannot be reached" in run.wait_prompt


def test_looking_in_vain_leaves_no_trace(lost):
    moves, lines = lost.transitions.count(), Run.objects.get(change=lost).last_seq
    assert looked_at(lost).state is State.WAITING
    assert (lost.transitions.count(), Run.objects.get(change=lost).last_seq) == (moves, lines)


def test_it_goes_on_as_soon_as_the_host_answers(lost, road, journal):
    road.closed = False
    assert looked_at(lost).state is State.SUCCEEDED
    assert journal() == ["a", "far", "b"]


def test_a_host_that_never_comes_back_leaves_it_unknown_and_locked(lost):
    Run.objects.update(wait_until=timezone.now() - timedelta(seconds=1))
    change = looked_at(lost)
    assert change.state is State.UNKNOWN
    assert change.runs.get().steps.get(key="far").state == StepState.UNKNOWN
    assert Lock.objects.get(key="host:toyhost").holder == change


def test_a_person_may_ask_then_and_it_goes_on(lost, road, olu, journal):
    Run.objects.update(wait_until=timezone.now() - timedelta(seconds=1))
    change = looked_at(lost)
    road.closed = False
    services.run_probe(olu, change)
    assert looked_at(change).state is State.SUCCEEDED
    assert journal() == ["a", "far", "b"]


def test_it_cannot_be_cancelled_in_the_middle(lost, olu):
    with pytest.raises(Denied, match="comes to an end by itself"):
        services.run_cancel(olu, lost)
    assert Change.objects.get(pk=lost.pk).state is State.WAITING


def test_an_undo_is_parked_the_same_way_and_goes_on(queued_toy, road, olu, journal):
    change = looked_at(queued_toy("far", "b"))
    services.run_undo(olu, change)
    road.closed = True
    Run.objects.update(phase="undo")
    change.runs.get().steps.filter(phase="undo", key="b").delete()
    change = looked_at(change)
    assert change.state is State.UNDOING
    assert Run.objects.get(change=change).wait_step == "far"
    assert change in runs_due()
    road.closed = False
    assert looked_at(change).state is State.UNDONE
    assert journal() == ["b"]


def test_a_step_on_a_second_host_holds_that_one_too(world, toyhost, road, rosa, amir, olu, journal, settings):
    """Both are this machine, so its one fence file shows what the last command carried: the second host's own."""
    Host.objects.create(name="other", address="127.0.0.2")
    params = {"host": "toyhost", "other": "other", "world": str(world), "steps": ["a", "second"]}
    change = change_create(rosa, Request("toy", params, toyhost.pk, None, "two of them"))
    engine.plan(change.pk)
    change_submit(rosa, Change.objects.get(pk=change.pk))
    change = Change.objects.get(pk=change.pk)
    change = change_approve(amir, change, change.digest, "read it")
    Lock.objects.create(key="host:other", fence=41)
    services.run_request(olu, change)
    change = looked_at(change)
    assert change.state is State.SUCCEEDED, change.runs.get().sentence
    assert journal() == ["a", "second"]
    assert not Lock.objects.filter(key__startswith="host:", holder__isnull=False).exists()
    (file,) = Path(settings.HOST_ROOT).glob("*.fence")
    assert int(file.read_text()) == Lock.objects.get(key="host:other").fence > 41
