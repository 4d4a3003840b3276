"""When Regroup itself breaks, it says so and stops; it never tries again and again in silence."""

import pytest

from changes.models import Change
from changes.states import State, StepState
from execution import engine
from execution.hands import HostHands
from execution.leases import claim
from execution.lines import Lines
from execution.models import Run
from execution.runner import forward
from ssh.session import Unreachable
from tests.execution.toy import ToyKind

pytestmark = pytest.mark.django_db


def broken(*_: object) -> None:
    raise ZeroDivisionError("a bug")


def gated(change: Change) -> Change:
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


def test_a_bug_in_a_check_ends_the_run_as_errored(queued_toy, journal, monkeypatch):
    change = queued_toy("a")
    monkeypatch.setattr(ToyKind, "judge", broken)
    change = gated(change)
    step = change.runs.get().steps.get()
    assert (change.state, step.state, journal()) == (State.FAILED, StepState.ERRORED, [])
    assert "Regroup itself failed" in step.sentence


def test_a_bug_after_the_host_was_told_is_unknown(queued_toy, monkeypatch):
    change = queued_toy("a")
    monkeypatch.setattr("execution.runner._verify", broken)
    change = gated(change)
    assert (change.state, change.runs.get().steps.get().state) == (State.UNKNOWN, StepState.UNKNOWN)


def test_a_bug_in_the_planner_is_a_refusal(request_toy, monkeypatch):
    monkeypatch.setattr(ToyKind, "plan", broken)
    change = request_toy("a")
    assert change.state is State.REFUSED
    assert "ZeroDivisionError" in change.refusal[0]


def test_a_host_that_stays_away_while_a_step_runs_is_given_up(queued_toy, monkeypatch):
    change = queued_toy("wait", "a")
    gated(change)

    def away(host):
        raise Unreachable("toyhost does not answer.")

    monkeypatch.setattr("execution.hands.PAUSES", ())
    monkeypatch.setattr("execution.lines.open_session", away)
    run = Run.objects.select_related("change__host").get(change=change)
    with claim(run) as lease:
        hands = HostHands(run, run.change.plan, ToyKind(), lease, Lines(lease.check))
        with pytest.raises(Unreachable):
            list(hands.follow(forward(run.change.plan)[1], 1, 0))
