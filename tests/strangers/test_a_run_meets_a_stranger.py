"""A run that finds somebody else where its host was, after it had begun, sends nothing more (S5)."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path

import pytest

from changes.models import Change
from changes.services import Request, change_approve, change_create, change_submit
from changes.states import State
from execution import engine, services
from execution.models import Run
from inventory.credentials import credential_create
from tests.ssh.conftest import make_key, running_sshd
from tests.ssh.listening import Listener, listening
from tests.strangers.conftest import KEY_EXCHANGE, Place


@pytest.fixture
def begun(place: Place, tmp_path: Path, settings, rosa, amir, olu):
    """Runs a change on a real sshd; then the host's address is that of somebody with another key."""
    settings.HOST_ROOT = f"{tmp_path}/root"
    world = tmp_path / "world"
    world.mkdir()
    (world / "journal").touch()
    with running_sshd(tmp_path / "sshd") as sshd, listening(make_key(tmp_path / "stranger")) as stranger:
        host = place.host
        true = sshd.keys["ed25519"]
        host.keys.update(key_base64=true.key_base64, fingerprint=true.fingerprint())
        host.port, host.user, host.sudo = sshd.port, getpass.getuser(), False
        host.credential = credential_create("ours", "file", key_file=str(sshd.client_key), by=None)
        host.save()

        def begin(*steps: str) -> Change:
            params = {"host": "app01", "world": str(world), "steps": list(steps)}
            change = change_create(rosa, Request("toy", params, host.pk, None, "why"))
            engine.plan(change.pk)
            change.refresh_from_db()
            change_submit(rosa, change)
            change_approve(amir, change, change.digest, "read")
            change.refresh_from_db()
            services.run_request(olu, change)
            engine.look(change.pk)
            assert (world / "journal").read_text() == "a\n"
            host.port = stranger.port
            host.save()
            change.refresh_from_db()
            return change

        yield begin, stranger
    assert (world / "journal").read_text() == "a\n"


def looked_at(change: Change) -> Change:
    engine.look(change.pk)
    return Change.objects.get(pk=change.pk)


def nothing(stranger: Listener) -> None:
    assert 20 in stranger.messages and set(stranger.messages) <= KEY_EXCHANGE
    assert stranger.sign_ins == []


Begun = tuple[Callable[..., Change], Listener]


def test_a_run_that_goes_on_stops_there(begun: Begun, olu) -> None:
    begin, stranger = begun
    change = begin("a", "wait", "b")
    services.run_confirm(olu, change)
    change = looked_at(change)
    nothing(stranger)
    assert change.state is State.FAILED
    assert "another host key" in change.runs.get().steps.get(phase="do", key="wait").sentence


def test_a_run_that_waits_goes_on_waiting_and_is_not_asked_there_again(begun: Begun) -> None:
    begin, stranger = begun
    change = begin("a", "wait", "b")
    Run.objects.update(next_poll=None)
    assert looked_at(change).state is State.WAITING
    nothing(stranger)
    before = len(stranger.messages)
    Run.objects.update(next_poll=None)
    assert looked_at(change).state is State.WAITING
    assert len(stranger.messages) == before


def test_an_undo_takes_back_nothing_there(begun: Begun, olu) -> None:
    begin, stranger = begun
    change = begin("a")
    services.run_undo(olu, change)
    change = looked_at(change)
    nothing(stranger)
    assert change.state is State.UNDO_FAILED
    assert "another host key" in change.runs.get().steps.get(phase="undo", key="a").sentence
