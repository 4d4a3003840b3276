"""What a worker process of these tests does: forked, with Django loaded, from one that stands ready; killed by a test.

sweep              one round of the janitor's
queue STEP …       a change is asked for, approved and started
look NUMBER        look at it as hints have a worker do, until nothing is to be done now
look_once NUMBER   the same for a single hint
undo NUMBER · close NUMBER · again NUMBER   what a person asks for; again: run, resume or probe, as it stands
history            what the database tells of every change, as JSON
found              an empty database with people, to be copied
lines_kept NUMBER  how many lines its log has
celery WORD …      a real worker or its clock, as `celery -A config` would be with these words
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

for name in [name for name in os.environ if name.startswith("REGROUP_") and name != "REGROUP_STATE"]:
    del os.environ[name]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from changes import kinds
from changes.models import Change, Lock
from changes.services import Request, change_approve, change_create, change_submit
from config import celery_app, environment, watch
from config.failpoint import parse_failpoint
from execution import engine, failpoints, hands, janitor, lines, services
from execution.leases import Lease
from execution.logs import as_json, lines_after
from execution.models import Run
from inventory.models import Host
from people.models import User
from people.roles import Role
from people.services import user_create
from ssh import detached
from tests.chaos import mutants
from tests.chaos.kind import Journalled
from tests.chaos.order import MOVING, Order
from tests.chaos.sessions import BEAT, opener

CAST = {"rosa": Role.REQUESTER, "amir": Role.APPROVER, "olu": Role.OPERATOR}


def obey(order: Order) -> None:
    settle(order)
    said = WORDS[order.word](order, *order.args)
    if said is not None:
        print(json.dumps(said), flush=True)
    connections.close_all()


def settle(order: Order) -> None:
    """Settings as if they had stood in the environment; the host is this machine."""
    os.environ.update(REGROUP_DATABASE_URL=order.database, REGROUP_REDIS_URL=order.queue)
    state = order.folder / "state"
    state.mkdir(exist_ok=True)
    connections.close_all()
    connections.__dict__.pop("settings", None)
    del connections["default"]
    settings.STATE_DIR = state
    settings.DATABASES["default"] = environment.database(state)
    if order.pages is not None:
        settings.DATABASES["default"]["OPTIONS"]["init_command"] += full_at(order.pages, state / "regroup.sqlite3")
    if order.clock:
        true, wrong = timezone.now, timedelta(seconds=order.clock)
        timezone.now = lambda: true() + wrong  # type: ignore[assignment]
    settings.BROKER_URL, settings.BROKER_OPTIONS = environment.broker(state)
    settings.CREDENTIAL_KEYS = str(state / "credential_keys")
    settings.HOST_ROOT = str(order.folder / "host")
    settings.FAILPOINT = parse_failpoint(order.failpoint, debug=True)
    settings.LEASE_SECONDS, settings.HEARTBEAT_SECONDS = order.lease, order.lease / 4
    settings.SWEEP_SECONDS = order.sweep
    celery_app.conf.update(
        broker_url=settings.BROKER_URL,
        broker_transport_options=settings.BROKER_OPTIONS,
        worker_enable_remote_control=bool(order.queue),
        beat_schedule_filename=str(state / "beat"),
    )
    celery_app.conf.beat_schedule["sweep"]["schedule"] = order.sweep
    celery_app.conf.beat_schedule.pop("fleet")
    for module in (engine, lines):
        module.open_session = opener(order)  # type: ignore[attr-defined]
    kinds._KINDS["toy"] = Journalled()  # type: ignore[assignment]
    failpoints.reach = between_beats(failpoints.reach)
    Lease._renew = between_beats(Lease._renew)  # type: ignore[method-assign]
    if order.quirk == "away":
        hands.PAUSES = ()
    if order.quirk == "hears only":
        watch.LOOK_SECONDS = 3600.0
    if order.quirk == "slow launch":
        detached.CLAIM_PATIENCE = 2.0
    if order.mutant:
        mutants.put(order.mutant)


def full_at(more: int, path: Path) -> str:
    """What makes SQLite say that the disk is full once the file has grown by so many pages."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("VACUUM")  # what migrations left free would be room, too
        pages = database.execute("PRAGMA page_count").fetchone()[0]
    return f"PRAGMA max_page_count={pages + more};"


def between_beats(act: Any) -> Any:
    def act_alone(*words: Any) -> None:
        with BEAT:
            act(*words)

    return act_alone


def found(order: Order) -> None:
    call_command("migrate", verbosity=0)
    for each, role in CAST.items():
        user_create(each, password="a long password to type", display_name=each, roles=[role])


def queue(order: Order, *steps: str) -> int:
    rosa, amir, olu = (User.objects.get(username=each) for each in CAST)
    host, _ = Host.objects.get_or_create(name="toyhost", defaults={"address": "127.0.0.1", "port": 2222})
    params = {"host": host.name, "world": str(order.folder / "world"), "steps": list(steps)}
    number = change_create(rosa, Request("toy", params, host.pk, None, "to see it die")).pk
    engine.plan(number)
    change_submit(rosa, Change.objects.get(pk=number))
    change = Change.objects.get(pk=number)
    change_approve(amir, change, change.digest, "read it")
    services.run_request(olu, Change.objects.get(pk=number))
    return number


def undo(order: Order, number: str) -> None:
    services.run_undo(User.objects.get(username="olu"), Change.objects.get(pk=number))


def close(order: Order, number: str) -> None:
    services.run_close(User.objects.get(username="olu"), Change.objects.get(pk=number), "Nobody can tell")


def again(order: Order, number: str) -> None:
    change = Change.objects.get(pk=number)
    ask = {"blocked": services.run_request, "failed": services.run_resume, "unknown": services.run_probe}
    ask[change.status](User.objects.get(username="olu"), change)


def look(order: Order, number: str) -> None:
    """Until the run stands still: hints come as often as the sweep would give them."""
    end = time.monotonic() + order.patience
    while Change.objects.get(pk=number).status in MOVING and time.monotonic() < end:
        engine.look(int(number))
        time.sleep(0.1)


def look_once(order: Order, number: str) -> None:
    engine.look(int(number))


def sweep(order: Order) -> None:
    janitor.sweep()


def lines_kept(order: Order, number: str) -> int:
    return Run.objects.filter(change_id=number).values_list("last_seq", flat=True).latest("pk")


def history(order: Order) -> dict[str, Any]:
    return {
        "fence": max(Lock.objects.values_list("fence", flat=True), default=0),
        "runs": [run_told(run) for run in Run.objects.select_related("change").order_by("pk")],
    }


def run_told(run: Run) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    while page := lines_after(run, told[-1]["seq"] if told else 0):
        told += [as_json(line) for line in page]
    return {
        "state": run.change.status,
        "name": run.name,
        "fence": run.fence,
        "lease": run.lease_owner,
        "last_seq": run.last_seq,
        "lines": [{key: line[key] for key in ("seq", "step", "phase", "attempt", "stream", "text")} for line in told],
        "steps": list(run.steps.order_by("pk").values("key", "phase", "state", "attempt", "log_offset", "exit_code")),
    }


def celery(order: Order, *words: str) -> None:
    celery_app.start(argv=list(words))


WORDS: dict[str, Any] = {
    each.__name__: each
    for each in (found, sweep, queue, undo, close, again, look, look_once, lines_kept, history, celery)
}
