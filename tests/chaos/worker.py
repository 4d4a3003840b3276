"""A worker of its own process, whose host is this very machine: what the tests beside it kill.

``python -m tests.chaos.worker queue STEP …``   a toy change is asked for, approved and started; its number
``python -m tests.chaos.worker look``           look at it as a hint has a worker do, until nothing is to be done now
``python -m tests.chaos.worker undo``           somebody asks for the undo
``python -m tests.chaos.worker history``        what the database tells of it, as JSON
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from changes import kinds
from changes.models import Change, Lock
from changes.services import Request, change_approve, change_create, change_submit
from execution import doorbell, engine, lines, services
from execution.models import Run
from inventory.models import Host
from people.models import User
from people.roles import Role
from people.services import user_create
from tests.execution.local_session import LocalSession
from tests.execution.toy import ToyKind

PATIENCE = 60.0


def queue(*steps: str) -> None:
    call_command("migrate", verbosity=0)
    rosa, amir, olu = (
        user_create(name, password="a long password to type", display_name=name, roles=[role])
        for name, role in (("rosa", Role.REQUESTER), ("amir", Role.APPROVER), ("olu", Role.OPERATOR))
    )
    host = Host.objects.create(name="toyhost", address="127.0.0.1", port=2222)
    params = {"host": host.name, "world": os.environ["CHAOS_WORLD"], "steps": list(steps)}
    change = change_create(rosa, Request("toy", params, host.pk, None, "to see it die"))
    engine.plan(change.pk)
    change_submit(rosa, Change.objects.get())
    change = Change.objects.get()
    change_approve(amir, change, change.digest, "read it")
    services.run_request(olu, Change.objects.get())


def undo() -> None:
    services.run_undo(User.objects.get(username="olu"), Change.objects.get())


def look() -> None:
    """Until the run stands still: hints come as often as the sweep would give them."""
    end = time.monotonic() + PATIENCE
    while Change.objects.get().status in ("queued", "gating", "running", "undoing"):
        engine.look(Change.objects.get().pk)
        if time.monotonic() > end:
            raise SystemExit(f"still {Change.objects.get().status} after {PATIENCE:.0f} s")
        time.sleep(0.1)


def history() -> dict[str, Any]:
    run = Run.objects.get()
    return {
        "state": run.change.status,
        "name": run.name,
        "fence": max([run.fence, *Lock.objects.values_list("fence", flat=True)]),
        "last_seq": run.last_seq,
        "lines": list(run.lines.order_by("seq").values("seq", "step__key", "step__phase", "attempt", "stream", "text")),
        "steps": list(run.steps.values("key", "phase", "state", "attempt")),
    }


def main(word: str, *rest: str) -> None:
    settings.HOST_ROOT = str(Path(os.environ["CHAOS_WORLD"]).parent / "host")
    for module in (engine, lines):
        module.open_session = lambda host: LocalSession()  # type: ignore[attr-defined]
    doorbell._send = lambda task, number: None
    kinds._KINDS["toy"] = ToyKind()  # type: ignore[assignment]
    said = {"queue": queue, "look": look, "undo": undo, "history": history}[word](*rest)
    if said is not None:
        print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
