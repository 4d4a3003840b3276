"""Requests with an `Idempotency-Key` by processes that are killed in the middle, or that come at the same time.

A program of its own, with one thread, so that it may fork: standard input has the database and a token, standard output
gets what came of each scene. See test_api_once_struck.py.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connections
from django.test import Client
from django.utils import timezone

from api import once
from api.models import IdempotencyKey
from changes.models import Change
from execution import doorbell

ORDER = json.load(sys.stdin)
connections["default"].settings_dict.update(ORDER["database"])
BODY = {
    "vm": "vm42",
    "host": "app02",
    "metadata": 'RootVG { id = "x" }',
    "new_vg": "vm42_RootVG",
    "volumes": [{"lv": "root"}],
    "reason": "It does not boot.",
}


def ask(key: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {ORDER['token']}", "Idempotency-Key": key}
    answer = Client(SERVER_NAME="localhost").post(
        "/api/v1/changes/recovery", BODY, content_type="application/json", headers=headers
    )
    again = answer.headers.get("Idempotency-Replayed")
    return {"status": answer.status_code, "number": answer.json().get("number"), "again": again}


def forked(work: Callable[[], Any]) -> Callable[[], Any]:
    """A process that does the work; called, it waits for the end: what the work gave, None if it was killed."""
    connections.close_all()
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(write, json.dumps(work()).encode())
        os._exit(0)
    os.close(write)

    def wait() -> Any:
        with os.fdopen(read) as said:
            text = said.read()
        os.waitpid(pid, 0)
        return json.loads(text) if text else None

    return wait


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_once() -> list[Any]:
    start, go = os.pipe()

    def work() -> Any:
        os.close(go)
        os.read(start, 1)
        return ask("at-once")

    ends = [forked(work) for _ in range(4)]
    os.close(go)
    return [end() for end in ends]


def before_the_commit() -> Any:
    once.keep = die
    return ask("before")


def after_the_commit() -> Any:
    doorbell._send = die
    return ask("after")


def abandon(key: str) -> None:
    IdempotencyKey.objects.filter(text=key).update(claimed_at=timezone.now() - once.ABANDONED)


def main() -> None:
    doorbell._send = lambda *_: None
    import api.changes

    api.changes.PLAN_PATIENCE = 0.0
    told: dict[str, Any] = {"at once": at_once(), "after all": ask("at-once"), "changes": [Change.objects.count()]}
    told["killed before"] = forked(before_the_commit)()
    told["changes"].append(Change.objects.count())
    told["soon after"] = ask("before")
    abandon("before")
    told["later"] = ask("before")
    told["changes"].append(Change.objects.count())
    told["killed after"] = forked(after_the_commit)()
    told["changes"].append(Change.objects.count())
    told["then"] = ask("after")
    told["changes"].append(Change.objects.count())
    told["last"] = Change.objects.order_by("-pk").values_list("pk", flat=True).first()
    print(json.dumps(told))


main()
