"""One sealer is at work; what it leaves is the next one's; and how far it is behind can be told."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.models import Entry
from audit.selectors import LATE, sealing, verify
from audit.services import record, seal, seal_all
from tests.config.conftest import until

APART = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="threads share the tests' SQLite, in memory; tests/config has processes"
)


class Killed(BaseException):
    pass


def written(*seconds_ago: float) -> None:
    for seconds in seconds_ago:
        Entry.objects.create(action="host.edit", actor_name="ada", at=timezone.now() - timedelta(seconds=seconds))


@pytest.mark.django_db
def test_thousands_of_entries_are_sealed_in_one_go():
    Entry.objects.bulk_create(Entry(action="host.edit", actor_name="ada", detail={"n": n}) for n in range(5_000))
    assert seal_all() == 5_000
    assert verify() == [] and not Entry.objects.unsealed().exists()


@pytest.mark.django_db
def test_sealing_reads_once_and_writes_nothing_where_nothing_waits(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert seal_all() == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_sealer_left_is_sealed_by_the_next():
    written(0, 0, 0)
    with pytest.raises(Killed), transaction.atomic():
        assert seal() == 3
        raise Killed
    assert Entry.objects.unsealed().count() == 3
    assert seal() == 3 and verify() == []


@pytest.mark.django_db(transaction=True)
@APART
def test_many_sealers_beside_writers_make_one_chain():
    """Each in a thread and connection of its own, as processes would be."""
    over, failures = threading.Event(), []

    def write() -> None:
        for number in range(20):
            record("host.edit", detail={"n": number})

    def seal_until_over() -> None:
        while not over.is_set():
            seal_all(most=7)

    def apart(work) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                failures.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    sealers = [apart(seal_until_over) for _ in range(3)]
    for writer in [apart(write) for _ in range(3)]:
        writer.join()
    over.set()
    for sealer in sealers:
        sealer.join()
    seal_all()
    assert failures == [] and verify() == []
    assert Entry.objects.sealed().count() == 60


@pytest.mark.django_db(transaction=True)
@APART
def test_a_sealer_at_work_is_left_alone():
    written(0)
    at_work, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            seal()
            at_work.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    at_work.wait(30)
    written(0)
    assert seal() == 0
    done.set()
    thread.join()
    assert seal() == 1 and verify() == []


@pytest.mark.django_db(transaction=True)
@APART
def test_a_sealer_that_stands_still_in_the_middle_is_ended_and_another_goes_on(monkeypatch):
    """As one whose machine is gone, or that was stopped: its session says nothing any more."""
    monkeypatch.setattr("audit.services.STOPPED_FOR", "200ms")
    written(0, 0)
    held, done, ended = threading.Event(), threading.Event(), []

    def stand_still() -> None:
        try:
            with transaction.atomic():
                seal()
                held.set()
                done.wait(60)
        except DatabaseError as error:
            ended.append(error)
        connection.close()

    thread = threading.Thread(target=stand_still)
    thread.start()
    held.wait(60)
    assert until(lambda: seal() == 2)
    done.set()
    thread.join()
    assert len(ended) == 1 and verify() == []


@pytest.mark.django_db
def test_the_lag_is_the_age_of_the_oldest_entry_without_a_seal():
    assert sealing().lag == 0
    written(LATE + 30, 5)
    assert LATE + 29 < sealing().lag < LATE + 90
    assert sealing().late and "s behind" in sealing().sentence
    seal_all()
    assert sealing().lag == 0 and sealing().sentence == ""


@pytest.mark.django_db
def test_an_entry_of_a_moment_ago_is_not_late():
    written(1)
    assert not sealing().late and sealing().sentence == ""
