"""An undo that broke off goes on where it was: nothing is taken back twice, and each undo is verified."""

import pytest

from changes.kinds import Verdict
from changes.models import Change
from execution import engine, services
from execution.models import UNDO, StepRun
from tests.execution.toy import ToyKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def undoing(queued_toy, olu) -> Change:
    """Both steps are done, and somebody wants them taken back."""
    change = queued_toy("a", "b")
    engine.look(change.pk)
    services.run_undo(olu, Change.objects.get(pk=change.pk))
    return Change.objects.get(pk=change.pk)


def state(change: Change) -> str:
    return Change.objects.get(pk=change.pk).status


def attempts(change: Change) -> dict[str, int]:
    return dict(StepRun.objects.filter(run__change=change, phase=UNDO).values_list("key", "attempt"))


def test_an_undo_that_ended_unknown_is_asked_about_and_goes_on(undoing, olu, journal, lost):
    lost(undoing)
    assert state(undoing) == "unknown"
    services.run_look(olu, undoing)
    engine.look(undoing.pk)
    assert state(undoing) == "unknown"
    services.run_probe(olu, Change.objects.get(pk=undoing.pk))
    engine.look(undoing.pk)
    assert (state(undoing), journal()) == ("undone", [])
    assert attempts(undoing) == {"a": 1, "b": 1}


def test_an_undo_that_failed_goes_on_at_the_step_that_failed(undoing, olu, journal, monkeypatch):
    judge = ToyKind.judge

    def doubt(kind: ToyKind, check, context) -> Verdict:
        no = check.rule == "no_line" and check.args["line"] == "a"
        return Verdict(False, "It is still there.") if no else judge(kind, check, context)

    with monkeypatch.context() as doubting:
        doubting.setattr(ToyKind, "judge", doubt)
        engine.look(undoing.pk)
    assert state(undoing) == "undo_failed"
    services.run_undo(olu, Change.objects.get(pk=undoing.pk))
    engine.look(undoing.pk)
    assert (state(undoing), journal()) == ("undone", [])
    assert attempts(undoing)["b"] == 1


def test_what_is_undone_already_ends_done_already(undoing, world, journal):
    (world / "journal").write_text("")
    engine.look(undoing.pk)
    assert state(undoing) == "undone"
    assert attempts(undoing) == {"a": 0, "b": 0}


@pytest.mark.parametrize("then", [services.run_undo, services.run_resume], ids=["undone", "resumed"])
def test_a_wait_that_was_confirmed_and_cancelled_before_the_host_was_asked_holds_up_nothing(
    then, queued_toy, olu, journal
):
    change = queued_toy("a", "wait", "b")
    engine.look(change.pk)
    services.run_confirm(olu, Change.objects.get(pk=change.pk))
    services.run_cancel(olu, Change.objects.get(pk=change.pk))
    engine.look(change.pk)
    assert state(change) == "cancelled"
    assert StepRun.objects.get(run__change=change, key="wait").state == "pending"
    then(olu, Change.objects.get(pk=change.pk))
    engine.look(change.pk)
    assert (state(change), journal()) == (("undone", []) if then is services.run_undo else ("waiting", ["a"]))
