"""Whoever answers with another host key gets no byte of a credential and none of a command, on any way in (S5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from changes import kinds
from changes.models import Change
from changes.services import Request, change_approve, change_create, change_submit, plan_store
from changes.states import State
from config import doctor
from execution import engine, facts
from execution import services as execution
from inventory.connect import scan_key
from inventory.models import Host
from networking import sweep
from tests.execution.toy import Text, ToyKind
from tests.strangers.conftest import KEY_EXCHANGE, USER, Place, trust

CREDENTIALS = ("key", "password", "agent", "file")
PARAMS = {"host": "app01", "world": "/world", "steps": ["a"]}


@pytest.fixture
def ways(place: Place, rosa, amir, olu, monkeypatch) -> dict[str, Callable[[], str]]:
    """Each way in which Regroup opens a session; calling it gives what people are told."""

    def asked() -> Change:
        return change_create(rosa, Request("toy", PARAMS, place.host.pk, None, "why"))

    def told(change: Change) -> str:
        change.refresh_from_db()
        return " ".join([*change.refusal, change.transitions.last().reason])

    def planning() -> str:
        change = asked()
        engine.plan(change.pk)
        assert Change.objects.get(pk=change.pk).state is State.REFUSED
        return told(change)

    def reading_elsewhere() -> str:
        monkeypatch.setitem(kinds._LACKS, "toy", lambda params: kinds.Elsewhere("app01", Text("/etc/fstab")))
        return planning()

    def running() -> str:
        change = asked()
        plan_store(change, ToyKind().plan(PARAMS, {"colour": ""}), {})
        change.refresh_from_db()
        change_submit(rosa, change)
        change_approve(amir, change, change.digest, "read")
        change.refresh_from_db()
        execution.run_request(olu, change)
        engine.look(change.pk)
        assert Change.objects.get(pk=change.pk).state is State.BLOCKED
        return told(change)

    def facts_of_the_page() -> str:
        facts.wish(place.host)
        facts.refresh(place.host.pk)
        return place.host.facts.error

    def sweeping() -> str:
        monkeypatch.setattr(sweep, "_fleet", None)
        sweep.sweep()
        sweep._fleet.pool.close()
        place.host.refresh_from_db()
        return place.host.network.error

    def checking_the_installation() -> str:
        return next(doctor.hosts()).detail

    def through_it_as_a_jump_host() -> str:
        behind = Host.objects.create(
            name="db01", address="192.0.2.1", jump=place.host, credential=place.host.credential
        )
        trust(behind, place.true)
        facts.wish(behind)
        facts.refresh(behind.pk)
        return behind.facts.error

    return {way.__name__: way for way in (
        planning, reading_elsewhere, running, facts_of_the_page, sweeping, checking_the_installation,
        through_it_as_a_jump_host,
    )}  # fmt: skip


WAYS = ("planning", "reading_elsewhere", "running", "facts_of_the_page", "sweeping", "checking_the_installation",
        "through_it_as_a_jump_host")  # fmt: skip


def nothing_of_ours(listener, place: Place) -> None:
    assert 20 in listener.messages, "nobody even knocked"
    assert set(listener.messages) <= KEY_EXCHANGE, listener.messages
    assert not [secret for secret in place.secrets if secret in b"".join(listener.sent)]
    assert listener.sign_ins == []


@pytest.mark.parametrize("kind", CREDENTIALS)
@pytest.mark.parametrize("way", WAYS)
def test_a_host_with_another_key_gets_nothing(way, kind, ways, place, credential, answered_by) -> None:
    place.host.credential = credential(kind)
    listener = answered_by("another key")
    sentence = ways[way]()
    nothing_of_ours(listener, place)
    assert "another host key" in sentence


@pytest.mark.parametrize("kind", CREDENTIALS)
@pytest.mark.parametrize("who", ["a forged key", "another algorithm"])
def test_whoever_stands_in_the_middle_gets_nothing(who, kind, ways, place, credential, answered_by) -> None:
    place.host.credential = credential(kind)
    listener = answered_by(who)
    assert ways["running"]()
    nothing_of_ours(listener, place)


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_the_host_itself_does_get_a_sign_in(kind, ways, place, credential, answered_by) -> None:
    place.host.credential = credential(kind)
    listener = answered_by("itself")
    ways["facts_of_the_page"]()
    assert listener.sign_ins and USER.encode() in b"".join(listener.sent)


def test_a_key_that_is_only_asked_for_is_asked_without_a_sign_in(place, credential, answered_by) -> None:
    place.host.credential = credential("password")
    listener = answered_by("another key")
    scan_key(place.host)
    nothing_of_ours(listener, place)


def test_once_a_strange_key_was_shown_nobody_knocks_again(ways, place, credential, answered_by) -> None:
    place.host.credential = credential("password")
    listener = answered_by("another key")
    ways["facts_of_the_page"]()
    before = len(listener.messages)
    assert "stands still" in ways["planning"]()
    assert len(listener.messages) == before
