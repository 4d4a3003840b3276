"""A worker that may have lost its lease sends nothing more, wherever it is; a clock that was set gives nothing free."""

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import Change
from execution import due, engine
from execution.claims import claimed
from execution.leases import Lease, LeaseLost, claim
from execution.lines import Lines
from execution.models import Claim, Run
from ssh.command import Command
from tests.execution.local_session import LocalSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """Every command that a host got."""
    commands: list[str] = []
    run = LocalSession.run
    monkeypatch.setattr(LocalSession, "run", lambda self, what: [commands.append(str(what)), run(self, what)][1])
    return commands


def run_of(change: Change) -> Run:
    return Run.objects.select_related("change__host").get(change=change)


def silence(lease: Lease) -> None:
    """As if it had not been renewed for the whole of its patience."""
    lease.renewed -= 21


def test_a_held_session_sends_nothing_once_the_lease_is_silent(queued_toy, toyhost, sent):
    lease = claim(run_of(queued_toy("a")))
    sent.clear()
    with Lines(lease.check) as lines:
        session = lines.open(toyhost)
        silence(lease)
        with pytest.raises(LeaseLost):
            session.run(Command(("true",)))
        lines.drop(toyhost)
        with pytest.raises(LeaseLost):
            lines.open(toyhost)
    assert sent == []


@pytest.mark.parametrize("place", ["after-intent", "after-start", "before-output", "before-entered"])
def test_nothing_is_sent_from_that_place_on(queued_toy, sent, journal, monkeypatch, place):
    change, there = queued_toy("slow"), []
    leases: list[Lease] = []
    monkeypatch.setattr(engine, "claim", lambda run: leases.append(claim(run)) or leases[-1])

    def reach(name: str, step: str = "") -> None:
        if name == place and not there:
            there.append(len(sent))
            silence(leases[0])

    monkeypatch.setattr("execution.failpoints.reach", reach)
    engine.look(change.pk)
    assert there and len(sent) == there[0]
    assert Change.objects.get(pk=change.pk).status == "running"
    engine.look(change.pk)
    assert journal() == ["slow"] and Change.objects.get(pk=change.pk).status == "succeeded"


def test_a_lease_counts_from_before_it_was_written(queued_toy, monkeypatch):
    moments = iter([100.0, 125.0])
    monkeypatch.setattr("execution.leases.steady", lambda: next(moments))
    assert not claim(run_of(queued_toy("a"))).alive


def test_a_lease_from_a_clock_that_was_ahead_is_suspect_and_probed(queued_toy):
    run = run_of(queued_toy("a"))
    first = claim(run)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() + timedelta(hours=1))
    assert [change.pk for change in due.runs_due()] == [run.change_id]
    second = claim(run_of(run.change))
    assert second and second.run.fence >= first.run.fence
    with pytest.raises(LeaseLost):
        first.guard()


def test_a_lease_that_ends_when_leases_end_stays_held(queued_toy):
    run = run_of(queued_toy("a"))
    claim(run)
    assert due.runs_due() == [] and claim(run_of(run.change)) is None


def test_a_parked_run_is_looked_at_although_the_clock_was_set_back(queued_toy, world):
    change = queued_toy("wait")
    engine.look(change.pk)
    (world / "journal").write_text("wait\n")
    far = timezone.now() + timedelta(hours=1)
    Run.objects.update(next_poll=far, wait_until=far)
    assert [each.pk for each in due.runs_due()] == [change.pk]
    engine.look(change.pk)
    assert Change.objects.get(pk=change.pk).status == "succeeded"


def test_a_claim_from_a_clock_that_was_ahead_is_taken_over(db):
    Claim.objects.create(key="plan:1", until=timezone.now() + timedelta(hours=1))
    with claimed("plan:1") as ours:
        assert ours
