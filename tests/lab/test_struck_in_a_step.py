"""A bond whose workers die while its commands run: the page is true each time.

The real engine in this process, the real host; a worker's death is an exception that nothing catches.
"""

from __future__ import annotations

import html
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from changes.models import Change
from changes.services import Request, change_approve, change_create, change_submit
from changes.states import State
from execution import engine, services
from execution.models import Run
from inventory.credentials import credential_create
from inventory.models import Host as Row
from inventory.models import HostKey
from inventory.states import KeyState
from lab import BondHost, Host
from ssh.hostkeys import parse_public_key
from tests.chaos.tally import note
from tests.lab import test_bond_change as bonds
from tests.stateful.strikes import Killed

pytestmark = pytest.mark.chaos


@pytest.fixture
def acts(monkeypatch, settings) -> dict[tuple[str, str], Callable[[], None]]:
    """What happens when a worker reaches a place of a step, once each."""
    todo: dict[tuple[str, str], Callable[[], None]] = {}

    def reach(place: str, step: str = "") -> None:
        act = todo.pop((place, step), None)
        if act:
            act()

    monkeypatch.setattr("execution.failpoints.reach", reach)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    settings.LEASE_SECONDS = settings.HEARTBEAT_SECONDS = 3600  # the heartbeat's connection is not in this transaction
    return todo


def known(host: Host) -> Row:
    """The host as Regroup knows it."""
    made = Row.objects.create(name=host.name, address=host.address, port=host.port, user=host.user)
    made.credential = credential_create("lab", "file", key_file=str(host.private_key), by=None)
    made.save()
    key = parse_public_key(host.public_key)
    HostKey.objects.create(
        host=made, algorithm=key.algorithm, key_base64=key.key_base64, fingerprint=key.fingerprint(),
        state=KeyState.TRUSTED,
    )  # fmt: skip
    return made


@pytest.fixture
def started(rosa, amir, olu) -> Callable[..., Change]:
    """Rosa asks, Amir approves, Olu starts it; no worker has looked."""

    def start(kind: str, host: Host, params: dict[str, Any]) -> Change:
        change = change_create(rosa, Request(kind, params, known(host).pk, None, "It does not boot."))
        engine.plan(change.pk)
        change.refresh_from_db()
        assert change.state is State.PLANNED, change.refusal
        change_submit(rosa, change)
        change_approve(amir, change, change.digest, "read")
        change.refresh_from_db()
        services.run_request(olu, change)
        return change

    return start


def counted(family: str, tried: int) -> None:
    """For the table of `make chaos`: so many strikes, after each of which all was as it should be."""
    if path := os.environ.get("CHAOS_TALLY"):
        note(path, family, tried)


def killed() -> None:
    raise Killed("in the middle of a command")


def looked_at(change: Change) -> Change:
    """A worker looks; where one died, its lease has run out when the next comes."""
    with suppress(Killed):
        engine.look(change.pk)
        return Change.objects.get(pk=change.pk)
    Run.objects.filter(change=change).update(lease_owner="dead", lease_until=timezone.now() - timedelta(seconds=1))
    return looked_at(change)


def shown(client: Client, change: Change, *sentences: str) -> None:
    page = html.unescape(client.get(f"/changes/{change.pk}/").content.decode())
    assert change.label.word in page
    for sentence in sentences:
        assert sentence in page, sentence


def until_over(change: Change) -> Change:
    """Workers look, as often as the sweep has them look, until nothing is under way."""
    end = time.monotonic() + 420
    while (change := looked_at(change)).state in (State.RUNNING, State.WAITING, State.UNDOING):
        assert time.monotonic() < end, (change.state, change.runs.get().wait_prompt)
        Run.objects.filter(change=change).update(next_poll=None)
        time.sleep(1)
    return change


def test_workers_that_die_while_a_bond_is_made_and_taken_back_leave_it_whole(
    net_host, acts, started, olu, vera, client: Client
) -> None:
    client.force_login(vera)
    host: BondHost = net_host("networkd")
    before = bonds.network(host)
    change = started("bond", host, bonds.asked(host))
    for place in ("after-start", "before-exited"):
        acts[place, "apply"] = killed
    acts["after-start", "confirm"] = killed
    change = until_over(change)
    assert acts == {}
    assert change.state is State.SUCCEEDED, change.runs.get().sentence
    shown(client, change)
    bonds.bonded(host, "better")
    attempts = host.run("ls -d /var/lib/regroup/*/apply.*", sudo=True).split()
    assert len(attempts) == 1, attempts

    acts["after-start", "apply"] = killed
    services.run_undo(olu, change)
    change = until_over(change)
    assert acts == {}
    assert change.state is State.UNDONE, change.runs.get().sentence
    shown(client, change)
    assert bonds.network(host) == before
    counted("R1", 4)
