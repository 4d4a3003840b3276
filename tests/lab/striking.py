"""What strikes a change in the middle of its commands on a lab host, and how its page is held against the host.

The real engine in this process, the real host; a worker's death is an exception that nothing catches.
"""

from __future__ import annotations

import html
import os
import time
from contextlib import suppress
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from audit.services import seal_all
from changes.models import Change
from changes.services import change_approve, change_submit
from changes.states import State
from execution import engine, services
from execution.models import Run
from inventory.credentials import credential_create
from inventory.models import Host as Row
from inventory.models import HostKey
from inventory.states import KeyState
from lab import Host
from people.models import User
from ssh.hostkeys import parse_public_key
from tests.chaos.tally import note
from tests.stateful.strikes import Killed


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


def begin(rosa: User, amir: User, olu: User, change: Change) -> Change:
    """It is planned; Rosa submits it, Amir approves, Olu starts it; no worker has looked."""
    engine.plan(change.pk)
    change.refresh_from_db()
    assert change.state is State.PLANNED, change.refusal
    change_submit(rosa, change)
    change_approve(amir, change, change.digest, "read")
    change.refresh_from_db()
    services.run_request(olu, change)
    return change


def counted(family: str, tried: int) -> None:
    """For the table of `make chaos`: so many strikes, after each of which all was as it should be."""
    if path := os.environ.get("CHAOS_TALLY"):
        note(path, family, tried)


def killed() -> None:
    raise Killed("in the middle of a command")


def looked_at(change: Change) -> Change:
    """A worker looks; where one died, its lease has run out when the next comes."""
    seal_all()
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
