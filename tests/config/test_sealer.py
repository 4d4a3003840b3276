"""The sealer's thread: what is committed is sealed soon, and a database that was away does not end it."""

import pytest
from django.db import DatabaseError, connection

from audit.models import Entry
from audit.services import record
from config import sealer
from tests.config.conftest import until


@pytest.fixture
def at_work(monkeypatch):
    """A sealer that ends with the test."""
    import threading

    pause, threads = threading.Event(), []

    def go_on() -> None:
        while not pause.wait(0.05 if sealer.turn() else 0.1):
            pass
        connection.close()

    def begin() -> None:
        threads.append(threading.Thread(target=go_on))
        threads[-1].start()

    yield begin
    pause.set()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_sealed_soon(at_work):
    at_work()
    entry = record("host.edit")
    assert until(lambda: Entry.objects.get(pk=entry.pk).hash)


@pytest.mark.django_db(transaction=True)
def test_a_failure_is_logged_and_the_next_turn_seals(monkeypatch, caplog):
    record("host.edit")
    with monkeypatch.context() as away:
        away.setattr("audit.services.seal_all", lambda: (_ for _ in ()).throw(DatabaseError("away")))
        assert not sealer.turn()
    assert "could not be sealed" in caplog.text
    assert sealer.turn() and not Entry.objects.unsealed().exists()
