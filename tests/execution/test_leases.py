from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import Change
from changes.states import State
from execution import engine
from execution.events import Said
from execution.leases import LeaseLost, claim
from execution.models import LogChunk, Run
from execution.recorder import Recorder

pytestmark = pytest.mark.django_db


def run_of(change: Change) -> Run:
    return Run.objects.select_related("change__host").get(change=change)


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_held_lease_lets_nobody_else_in(queued_toy, journal):
    change = queued_toy("a")
    with claim(run_of(change)):
        assert claim(run_of(change)) is None
        engine.look(change.pk)
    assert journal() == []


def test_a_lease_is_given_back(queued_toy):
    run = run_of(queued_toy("a"))
    with claim(run):
        pass
    assert claim(run_of(run.change)) is not None


def test_an_expired_lease_can_be_taken(queued_toy):
    run = run_of(queued_toy("a"))
    claim(run)
    expire(run)
    assert claim(run_of(run.change)) is not None


def test_a_holder_that_wakes_after_its_lease_writes_nothing(queued_toy):
    change = queued_toy("wait")
    engine.look(change.pk)
    stale = claim(run_of(change))
    expire(stale.run)
    claim(run_of(change))
    before = LogChunk.objects.count()
    with pytest.raises(LeaseLost):
        Recorder(stale).store(Said("wait", "I am late"))
    assert LogChunk.objects.count() == before


def test_every_claim_raises_the_fence(queued_toy):
    change = queued_toy("wait")
    engine.look(change.pk)
    first = run_of(change).fence
    with claim(run_of(change)) as lease:
        assert lease.run.fence == first + 1


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_keeps_the_lease(queued_toy, settings):
    settings.HEARTBEAT_SECONDS, settings.LEASE_SECONDS = 1, 60
    run = run_of(queued_toy("a"))
    with claim(run) as lease:
        until = run_of(run.change).lease_until
        assert _within(50, lambda: run_of(run.change).lease_until > until)
        assert lease.alive


def test_a_holder_that_cannot_renew_stops_itself(queued_toy, settings):
    lease = claim(run_of(queued_toy("a")))
    lease.renewed -= settings.LEASE_SECONDS
    with pytest.raises(LeaseLost):
        lease.check()


def test_a_run_closed_by_a_person_is_not_the_workers_any_more(queued_toy, olu):
    from execution.services import run_close

    change = queued_toy("bad")
    engine.look(change.pk)
    lease = claim(run_of(change))
    run_close(olu, Change.objects.get(pk=change.pk), "done by hand")
    with pytest.raises(LeaseLost):
        Recorder(lease).store(Said("bad", "late"))
    assert Change.objects.get(pk=change.pk).state is State.CLOSED


def _within(seconds, condition):
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False
