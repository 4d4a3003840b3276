import pytest

from changes.models import Change, Lock
from changes.states import State, StepState
from execution import engine, services
from execution.logs import every_line
from execution.models import LogChunk, Run

pytestmark = pytest.mark.django_db


def looked_at(change: Change) -> Change:
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


def test_an_approved_change_runs_each_step_once(queued_toy, journal):
    change = looked_at(queued_toy("a", "b"))
    assert change.state is State.SUCCEEDED
    assert journal() == ["a", "b"]


def test_a_second_hint_does_nothing(queued_toy, journal):
    change = looked_at(queued_toy("a"))
    engine.look(change.pk)
    assert journal() == ["a"]


def test_the_host_is_free_again_and_its_fence_stays(queued_toy):
    change = looked_at(queued_toy("a"))
    lock = Lock.objects.get(key="host:toyhost")
    assert lock.holder is None and lock.fence >= 1
    assert Lock.objects.get(key="vm:toy").holder == change


def test_every_line_of_the_host_is_in_the_log_without_gaps(queued_toy):
    change = looked_at(queued_toy("a", "b"))
    run = Run.objects.get(change=change)
    lines = list(every_line(run))
    assert [line.seq for line in lines] == list(range(1, run.last_seq + 1))
    assert [line.text for line in lines if line.stream == LogChunk.OUT] == ["doing a", "doing b"]


def test_a_failed_step_fails_the_run_and_keeps_the_host(queued_toy, journal):
    change = looked_at(queued_toy("a", "bad", "c"))
    assert change.state is State.FAILED
    assert journal() == ["a"]
    assert Lock.objects.get(key="host:toyhost").holder == change
    step = change.runs.get().steps.get(key="bad")
    assert (step.state, step.exit_code) == (StepState.FAILED, 3)


def test_a_waiting_run_is_parked_until_somebody_confirms(queued_toy, journal, olu, world):
    change = looked_at(queued_toy("a", "wait", "b"))
    assert change.state is State.WAITING
    assert Run.objects.get(change=change).lease_owner == ""
    services.run_confirm(olu, change)
    assert looked_at(change).state is State.SUCCEEDED
    assert journal() == ["a", "b"]


def test_a_wait_that_is_over_in_time_goes_on_by_itself(queued_toy, world):
    change = looked_at(queued_toy("wait", "b"))
    (world / "journal").write_text("wait\n")
    Run.objects.update(next_poll=None)
    assert looked_at(change).state is State.SUCCEEDED


def test_a_wait_past_its_deadline_fails(queued_toy, time_machine_past_deadline):
    change = looked_at(queued_toy("wait"))
    time_machine_past_deadline()
    assert looked_at(change).state is State.FAILED


def test_undo_takes_back_every_step_last_first(queued_toy, journal, olu):
    change = looked_at(queued_toy("a", "b"))
    services.run_undo(olu, change)
    change = looked_at(change)
    assert change.state is State.UNDONE
    assert journal() == []
    assert list(Lock.objects.filter(holder__isnull=False)) == []
    assert set(change.runs.get().steps.filter(phase="do").values_list("state", flat=True)) == {StepState.UNDONE}


def test_a_failed_run_can_be_undone(queued_toy, journal, olu):
    change = looked_at(queued_toy("a", "bad"))
    services.run_undo(olu, change)
    assert looked_at(change).state is State.UNDONE
    assert journal() == []


def test_a_resumed_run_goes_on_where_it_failed(queued_toy, journal, olu, world):
    change = looked_at(queued_toy("a", "bad", "c"))
    (world / "journal").write_text("a\nbad\n")
    services.run_resume(olu, change)
    assert looked_at(change).state is State.SUCCEEDED
    assert journal() == ["a", "bad", "c"]


def test_a_cancel_while_waiting_is_at_once(queued_toy, olu):
    change = looked_at(queued_toy("wait"))
    services.run_cancel(olu, change)
    assert Change.objects.get(pk=change.pk).state is State.CANCELLED


def test_closing_gives_every_lock_back(queued_toy, olu):
    change = looked_at(queued_toy("bad"))
    services.run_close(olu, change, "seen to by hand")
    assert not Lock.objects.filter(holder__isnull=False).exists()


@pytest.fixture
def time_machine_past_deadline():
    def pass_by():
        from datetime import timedelta

        from django.utils import timezone

        Run.objects.update(wait_until=timezone.now() - timedelta(seconds=1))

    return pass_by
