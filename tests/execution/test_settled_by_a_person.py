"""An unknown step is called done or failed by an operator who has looked, with a reason; nothing is sent by it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from changes.models import Change, Transition
from changes.policy import Action
from changes.services import Denied, Moved
from execution import engine, logs, services
from execution.models import Look, Run, StepRun
from execution.settling import run_settle
from ssh.session import Unreachable


@pytest.fixture
def unknown(queued_toy, lost) -> Change:
    """Its step was begun, and then nobody could ask the host any more."""
    change = queued_toy("a", "b")
    lost(change)
    assert fresh(change).status == "unknown"
    return fresh(change)


def fresh(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def looked(olu, change: Change) -> Look:
    services.run_look(olu, fresh(change))
    engine.look(change.pk)
    return Look.objects.get()


def settled(olu, change: Change, said: str) -> Change:
    run_settle(olu, fresh(change), said, "the journal on its console", looked(olu, change).told_at)
    return fresh(change)


@pytest.mark.parametrize(("said", "state"), [("done", "ok"), ("failed", "failed")])
def test_the_step_counts_as_was_said_and_the_change_has_failed(unknown, olu, journal, said, state):
    change = settled(olu, unknown, said)
    step = StepRun.objects.get(key="a")
    assert (change.status, step.state, step.said, step.intent_at) == ("failed", state, said, None)
    assert journal() == ["a"] and not Look.objects.exists()


def test_who_said_so_and_why_stands_in_the_log_the_history_and_the_audit(unknown, olu):
    settled(olu, unknown, "done")
    words = f"Called done by {olu.display}, who looked: the journal on its console"
    assert logs.lines_after(Run.objects.get(), 0)[-1].text == f"ok: {words}"
    assert Transition.objects.latest("pk").reason == words
    entry = Entry.objects.get(action="change.settle")
    told = {"said": "done", "saw": "done", "reason": "the journal on its console", "step": "a", "attempt": 1}
    assert entry.detail.items() >= told.items() and entry.actor_id == olu.pk


@pytest.mark.parametrize("said", ["done", "failed"])
def test_a_resume_asks_the_host_and_goes_on_without_doubling(unknown, olu, journal, said):
    services.run_resume(olu, settled(olu, unknown, said))
    engine.look(unknown.pk)
    assert (fresh(unknown).status, journal()) == ("succeeded", ["a", "b"])
    assert StepRun.objects.get(key="a").said == ""
    out = [line.text for line in logs.lines_after(Run.objects.get(), 0) if line.step == "a" and line.stream == "out"]
    assert out == ["doing a"]


def test_a_step_that_was_called_failed_and_left_nothing_is_tried_again(unknown, olu, journal, world):
    (world / "journal").write_text("")
    services.run_resume(olu, settled(olu, unknown, "failed"))
    engine.look(unknown.pk)
    assert (fresh(unknown).status, journal()) == ("succeeded", ["a", "b"])
    assert StepRun.objects.get(key="a").attempt == 2


def test_a_step_that_was_called_done_and_is_not_has_failed_and_can_be_tried_again(unknown, olu, journal, world):
    (world / "journal").write_text("")
    services.run_resume(olu, settled(olu, unknown, "done"))
    engine.look(unknown.pk)
    assert (fresh(unknown).status, StepRun.objects.get(key="a").state, journal()) == ("failed", "failed", [])
    services.run_resume(olu, fresh(unknown))
    engine.look(unknown.pk)
    assert (fresh(unknown).status, journal()) == ("succeeded", ["a", "b"])


@pytest.mark.parametrize("said", ["done", "failed"])
def test_what_was_settled_can_be_undone(unknown, olu, journal, said):
    services.run_undo(olu, settled(olu, unknown, said))
    engine.look(unknown.pk)
    assert (fresh(unknown).status, journal()) == ("undone", [])


@pytest.mark.parametrize("said", ["done", "failed"])
def test_an_undo_that_is_unknown_is_settled_and_goes_on(unknown, olu, journal, said, lost):
    services.run_probe(olu, unknown)
    engine.look(unknown.pk)
    services.run_undo(olu, fresh(unknown))
    lost(unknown)
    assert fresh(unknown).status == "unknown"
    assert settled(olu, unknown, said).status == "undo_failed"
    services.run_undo(olu, fresh(unknown))
    engine.look(unknown.pk)
    assert (fresh(unknown).status, journal()) == ("undone", [])
    assert set(StepRun.objects.filter(phase="do").values_list("state", flat=True)) == {"undone"}


def test_what_was_settled_can_be_closed(unknown, olu):
    services.run_close(olu, settled(olu, unknown, "failed"), "the host is rebuilt")
    assert fresh(unknown).status == "closed"


def test_nothing_is_sent_until_somebody_acts(unknown, olu, journal):
    settled(olu, unknown, "done")
    engine.look(unknown.pk)
    assert (fresh(unknown).status, journal()) == ("failed", ["a"])


def test_an_attempt_that_never_began_never_will_once_it_was_looked_at(unknown, olu, tmp_path):
    """A start that is under way when somebody looks comes too late."""
    run = Run.objects.get()
    for path in sorted((tmp_path / "host" / run.name / "a.1").iterdir()):
        path.unlink()
    (tmp_path / "host" / run.name / "a.1").rmdir()
    look = looked(olu, unknown)
    assert look.over and "never will" in look.sentences[0]


def refused(olu, change: Change, said: str, reason: str, read: object) -> str:
    with pytest.raises(Denied) as no:
        run_settle(olu, fresh(change), said, reason, read)
    assert no.value.action == Action.SETTLE
    assert (fresh(change).status, StepRun.objects.get(key="a").state) == ("unknown", "unknown")
    return str(no.value)


def test_a_reason_is_needed(unknown, olu):
    assert "needs a reason" in refused(olu, unknown, "done", " \n", looked(olu, unknown).told_at)


def test_another_word_is_refused(unknown, olu):
    assert "done, or failed" in refused(olu, unknown, "perhaps", "I saw it", looked(olu, unknown).told_at)


def test_nobody_settles_without_a_look(unknown, olu):
    assert "Look at toyhost first" in refused(olu, unknown, "done", "I saw it", timezone.now())


def test_a_look_from_before_it_became_unknown_again_does_not_count(unknown, olu, lost):
    read = looked(olu, unknown).told_at
    services.run_probe(olu, fresh(unknown))
    lost(unknown)
    assert "Look at toyhost first" in refused(olu, unknown, "done", "I saw it", read)


def test_nobody_settles_while_the_host_is_being_asked(unknown, olu):
    services.run_look(olu, unknown)
    assert "being asked" in refused(olu, unknown, "done", "I saw it", timezone.now())


def test_nobody_settles_a_command_that_may_be_at_work(unknown, olu, monkeypatch):
    def lose(host: object) -> None:
        raise Unreachable("No answer.")

    with monkeypatch.context() as away:
        away.setattr("execution.lines.open_session", lose)
        look = looked(olu, unknown)
    assert "may still be at work" in refused(olu, unknown, "failed", "It is gone", look.told_at)


@pytest.mark.parametrize("read", [None, timedelta(seconds=1)])
def test_a_page_that_shows_an_older_answer_is_stale(unknown, olu, read):
    look = looked(olu, unknown)
    with pytest.raises(Moved, match="asked again since you read"):
        run_settle(olu, fresh(unknown), "done", "I saw it", read and look.told_at - read)
    assert fresh(unknown).status == "unknown"


def test_a_run_that_moves_is_not_settled(unknown, olu):
    read = looked(olu, unknown).told_at
    services.run_probe(olu, fresh(unknown))
    with pytest.raises(Denied, match="cannot be acted on"):
        run_settle(olu, fresh(unknown), "done", "I saw it", read)


def test_only_an_operator_settles(unknown, olu, rosa, amir, mallory):
    read = looked(olu, unknown).told_at
    for person in (rosa, amir, mallory):
        with pytest.raises(Denied, match="Only an operator"):
            run_settle(person, fresh(unknown), "done", "I saw it", read)
