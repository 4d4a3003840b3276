"""Who is asked in a round: whoever is due, once, and not while a change holds the host."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import Lock
from inventory.models import Host
from readiness import sweep as sweeping
from readiness.models import Readiness
from ssh.session import Result, Session, Unreachable
from tests.pages.scene import Scene
from tests.readiness.answers import text_of
from tests.readiness.test_recording import reachable

pytestmark = pytest.mark.django_db


class Lab(Session):
    """Answers as app01 did: first what it is like, then what is in its initial file system."""

    def __init__(self) -> None:
        self.kinds = ["look", "image"]

    def run(self, command):
        assert command.sudo and command.argv[:3] == ("nice", "-n", "19")
        return Result(0, text_of(f"app01-healthy-{self.kinds.pop(0)}").encode(), b"")

    def close(self):
        """Nothing is open."""


@pytest.fixture
def due(app):
    reachable(app)
    return Readiness.objects.create(host=app, next_at=timezone.now() - timedelta(seconds=1))


def test_a_host_that_is_due_is_asked_and_judged(due, monkeypatch):
    monkeypatch.setattr(sweeping, "connect", lambda target: Lab())
    assert sweeping.sweep(within=1) == 1
    due.refresh_from_db()
    assert (due.light, due.lease_owner, due.unknowns) == ("green", "", 2)
    assert sweeping.sweep(within=1) == 0


def test_a_host_that_is_away_keeps_the_sentence(due, monkeypatch):
    def away(target):
        raise Unreachable("No answer from app01.")

    monkeypatch.setattr(sweeping, "connect", away)
    sweeping.sweep(within=1)
    due.refresh_from_db()
    assert (due.error, due.misses, due.seen_at) == ("No answer from app01.", 1, None)


def test_an_answer_that_breaks_our_reading_ends_nothing(due, monkeypatch):
    monkeypatch.setattr(sweeping, "connect", lambda target: 1 / 0)
    sweeping.sweep(within=1)
    due.refresh_from_db()
    assert due.error.startswith("Regroup could not read the answer of app01: ZeroDivisionError")


def test_a_host_is_leased_to_one_and_free_again_when_the_lease_is_over(due):
    assert sweeping.claim("one", 5) == [due.pk]
    assert sweeping.claim("other", 5) == []
    Readiness.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    assert sweeping.claim("other", 5) == [due.pk]


def test_a_host_that_a_change_holds_is_left_alone(due, rosa, amir, olu):
    change = Scene(rosa, amir, olu).succeeded()
    Lock.objects.update_or_create(key="host:app01", defaults={"holder": change})
    assert sweeping.claim("one", 5) == []
    due.refresh_from_db()
    assert due.next_at > timezone.now()
    assert Host.objects.filter(pk=due.pk).exists()
