"""An unknown step: the host is looked at, told in sentences, and nothing is moved by it; then it is gone by."""

import pytest

from changes.kinds import Verdict
from changes.models import Change
from changes.services import Denied
from execution import due, engine, looking, services
from execution.models import Look
from execution.runner import Work
from ssh.detached import Probe, State
from ssh.session import Unreachable

THERE, GONE = Verdict(True, "a is there."), Verdict(False, "a is not there.")


def probe(state: State, rc: int | None = None) -> Probe:
    return Probe(state, rc, "exit" if rc is not None else "", "boot", 0, 1_795_000_000.0, 1_795_000_009.0, 0.0)


@pytest.mark.parametrize(
    ("state", "effect", "outcome"),
    [
        (State.ENDED, THERE, "done"),
        (State.DEAD, THERE, "done"),
        (State.DEAD, GONE, "not_done"),
        (State.OTHER_BOOT, GONE, "not_done"),
        (State.ABSENT, GONE, "not_done"),
        (State.RUNNING, GONE, "at_work"),
        (State.RUNNING, None, "at_work"),
        (State.ENDED, None, "cannot_tell"),
    ],
)
def test_what_a_probe_and_an_effect_amount_to(state, effect, outcome):
    assert looking.told(probe(state), effect, "No such file.").outcome == outcome


@pytest.mark.parametrize("state", State)
def test_every_state_on_the_host_has_sentences(state):
    said = looking.told(probe(state, 5), GONE)
    assert all(sentence.endswith(".") for sentence in said.sentences)


@pytest.fixture
def unknown(queued_toy, lost) -> Change:
    """Its step was begun, and then nobody could ask the host any more."""
    change = queued_toy("a", "b")
    lost(change)
    change.refresh_from_db()
    assert change.status == "unknown"
    return change


def test_a_look_tells_and_moves_nothing(unknown, olu, journal):
    services.run_look(olu, unknown)
    assert [each.pk for each in due.runs_due()] == [unknown.pk]
    engine.look(unknown.pk)
    look = Look.objects.get()
    assert look.outcome == "done" and "ended with 0" in look.sentences[0] and "a is there." in look.sentences[1]
    assert Change.objects.get(pk=unknown.pk).status == "unknown" and journal() == ["a"]
    assert due.runs_due() == []


def test_going_by_it_ends_the_step_and_the_run_goes_on(unknown, olu, journal):
    services.run_look(olu, unknown)
    services.run_probe(olu, Change.objects.get(pk=unknown.pk))
    engine.look(unknown.pk)
    assert Change.objects.get(pk=unknown.pk).status == "succeeded" and journal() == ["a", "b"]
    assert not Look.objects.exists()


def test_a_host_that_does_not_answer_is_said(unknown, olu, monkeypatch):
    def lose(host: object) -> None:
        raise Unreachable("No answer.")

    monkeypatch.setattr("execution.lines.open_session", lose)
    services.run_look(olu, unknown)
    engine.look(unknown.pk)
    look = Look.objects.get()
    assert (look.outcome, look.sentences) == ("cannot_tell", ["The host cannot be asked: No answer."])


def test_what_ended_unknown_is_undone_after_the_host_was_asked(unknown, olu, journal, world):
    (world / "journal").write_text("")
    services.run_probe(olu, unknown)
    engine.look(unknown.pk)
    change = Change.objects.get(pk=unknown.pk)
    assert change.status == "failed"
    services.run_undo(olu, change)
    engine.look(change.pk)
    assert Change.objects.get(pk=change.pk).status == "undone"


def test_only_an_operator_has_it_asked(unknown, vera):
    with pytest.raises(Denied):
        services.run_look(vera, unknown)


def test_a_step_without_a_check_cannot_be_told():
    class Hands:
        pauses = ()

        def turn(self, work: Work) -> None: ...
        def probe(self, work: Work, attempt: int) -> Probe:
            return probe(State.ENDED, 0)

    work = Work("a", "a", None, (), ())
    assert looking._ask(work, 1, Hands()).outcome == "cannot_tell"
