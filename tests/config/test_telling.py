"""The thread that tells: one round sends what is due, and a database that was away does not end it."""

import pytest
from django.core import mail as sent
from django.db import DatabaseError

from config import telling, turns
from inventory.models import Host
from inventory.services import host_key_offer, host_key_trust
from people.selectors import actor_of
from tests.inventory.conftest import a_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def changed_key(settings, monkeypatch, olu):
    """Olu is to be told that a host shows another key."""
    monkeypatch.setattr(turns, "close_old_connections", lambda: None)  # the test's own is not to be closed
    monkeypatch.setattr(turns.connection, "close", lambda: None)
    settings.MAIL_READY = True
    olu.email = "olu@example.net"
    olu.save()
    host = Host.objects.create(name="db07", address="192.0.2.9")
    first = host_key_offer(host, a_key())
    host_key_trust(first, first.fingerprint, by=actor_of(olu))
    host_key_offer(host, a_key("ecdsa"))


def test_a_round_sends_what_is_due(changed_key):
    assert telling.turn()
    assert [one.to for one in sent.outbox] == [["olu@example.net"]]


def test_a_database_that_was_away_costs_a_round(changed_key, monkeypatch):
    def away(*_: object) -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as gone:
        gone.setattr("notices.spreading.spread_all", away)
        assert not telling.turn()
    assert telling.turn() and len(sent.outbox) == 1
