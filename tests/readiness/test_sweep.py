"""Who is asked in a round: whoever is due, once, and not while a change holds the host."""

from __future__ import annotations

from concurrent.futures import wait as real_wait
from datetime import timedelta
from itertools import count
from threading import Event

import pytest
from django.utils import timezone

from changes.models import Lock
from inventory.models import Host
from readiness import sweep as sweeping
from readiness.models import Readiness
from readiness.services import readiness_record
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


@pytest.mark.parametrize("questions", [0, 1])
def test_a_change_that_takes_the_host_meanwhile_is_seen_before_each_question(due, monkeypatch, questions):
    told = iter([False] * questions + [True] * 9)
    lab = Lab()
    monkeypatch.setattr(sweeping, "connect", lambda target: lab)
    heard, _ = sweeping.ask(due.pk, None, True, None, lambda: next(told))
    assert heard.held and len(lab.kinds) == 2 - questions
    Readiness.objects.update(lease_owner="one", lease_until=timezone.now())
    readiness_record([heard], "one", timezone.now())
    due.refresh_from_db()
    assert (due.lease_owner, due.error, due.misses, due.seen_at) == ("", "", 0, None)
    assert due.next_at > timezone.now()


def test_a_round_looks_at_the_locks_while_it_waits(due, monkeypatch, rosa, amir, olu):
    """The change takes the host while the way to it is made; whoever made it waits until a round has looked."""
    change, looked = Scene(rosa, amir, olu).succeeded(), Event()
    Lock.objects.update(holder=None)
    real, calls = sweeping.held_of, count(1)

    def held_of(hosts):
        found = real(hosts)
        if next(calls) == 3:  # the second saw it, and what it saw is kept by now
            looked.set()
        Lock.objects.update_or_create(key="host:app01", defaults={"holder": change})
        return found

    class Slow(Lab):
        def __enter__(self):
            assert looked.wait(20)
            return self

    lab = Slow()
    monkeypatch.setattr(sweeping, "held_of", held_of)
    monkeypatch.setattr(sweeping, "connect", lambda target: lab)
    monkeypatch.setattr(sweeping, "wait", lambda out, timeout, return_when: real_wait(out, 0.05, return_when))
    assert sweeping.sweep(within=1) == 1
    due.refresh_from_db()
    assert lab.kinds == ["look", "image"] and (due.seen_at, due.error, due.lease_owner) == (None, "", "")
