"""What a worker process of these tests does: forked, with Django loaded, from one that stands ready; killed by a test.

sweep              one round of the janitor's
queue STEP …       a change is asked for, approved and started; on a host of its own where the first word is `@HOST`
ring NUMBER        a hint to look at it
look NUMBER        look at it as hints have a worker do, until nothing is to be done now
look_once NUMBER   the same for a single hint
look_weighed NUMBER   the same as look, and by how many bytes of memory it grew at most
undo NUMBER · close NUMBER · again NUMBER   what a person asks for; again: run, resume or probe, as it stands
history            what the database tells of every change, as JSON
found              an empty database with people, to be copied
lines_kept NUMBER  how many lines its log has
state NUMBER       where it stands
log_told NUMBER    its log in short: the host's lines as a digest, ours as they are, and whether any is missing
celery WORD …      a real worker or its clock, as `celery -A config` would be with these words
"""

from __future__ import annotations

import hashlib
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

from audit.services import seal_all
from changes import kinds
from changes.models import Change, Lock
from changes.services import Request, change_approve, change_create, change_submit
from config import celery_app, environment, urls, watch
from config.failpoint import parse_failpoint
from execution import doorbell, engine, failpoints, hands, janitor, lines, services
from execution.leases import Lease
from execution.logs import as_json, every_line, lines_after
from execution.models import LogChunk, Run
from inventory.models import Host
from people.models import User
from people.roles import Role
from people.services import user_create
from ssh import detached
from tests.chaos import mutants
from tests.chaos.kind import Journalled
from tests.chaos.order import MOVING, Order
from tests.chaos.sessions import BEAT, opener

URLS = urls.urlpatterns
"""Loaded here once, with every page: the first notice needs an address, and that is no growth of a log's."""
CAST = {"rosa": Role.REQUESTER, "amir": Role.APPROVER, "olu": Role.OPERATOR}


def obey(order: Order) -> None:
    settle(order)
    said = WORDS[order.word](order, *order.args)
    if order.word in BRIEF:
        seal_all()
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
    settings.SWEEP_SECONDS, settings.LOG_STEP_LINES = order.sweep, order.kept
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
        user_create(each, password="a long password to type", display_name=each, roles=[role, Role.VIEWER])


def queue(order: Order, *steps: str) -> int:
    rosa, amir, olu = (User.objects.get(username=each) for each in CAST)
    name, steps = (steps[0][1:], steps[1:]) if steps[0].startswith("@") else ("toyhost", steps)
    host, _ = Host.objects.get_or_create(
        name=name, defaults={"address": "127.0.0.1", "port": 2222 + (name != "toyhost")}
    )
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
        look_once(order, number)
        time.sleep(0.1)


def look_once(order: Order, number: str) -> None:
    """What was done so far is sealed before, as a sealer of its own does it elsewhere: the gate asks for it."""
    seal_all()
    engine.look(int(number))


def ring(order: Order, number: str) -> None:
    doorbell.ring(Change.objects.get(pk=number))


def look_weighed(order: Order, number: str) -> int:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is measured from here on: proc(5)
    before = _memory("VmRSS")
    look(order, number)
    return _memory("VmHWM") - before


def _memory(what: str) -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(f"{what}:"))


def sweep(order: Order) -> None:
    janitor.sweep()


def lines_kept(order: Order, number: str) -> int:
    return Run.objects.filter(change_id=number).values_list("last_seq", flat=True).latest("pk")


def state(order: Order, number: str) -> str:
    return Change.objects.get(pk=number).status


def log_told(order: Order, number: str) -> dict[str, Any]:
    run, seen, missing, notes, digest = Run.objects.get(change_id=number), 0, 0, [], hashlib.sha256()
    for line in every_line(run):
        missing, seen = missing + (line.seq != seen + 1), line.seq
        if line.stream == LogChunk.OUT:
            digest.update(line.text.encode() + b"\n")
        else:
            notes.append(line.text)
    return {"last": seen, "last_seq": run.last_seq, "missing": missing, "notes": notes, "sha256": digest.hexdigest()}


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
        "why": run.change.transitions.latest("pk").reason,
        "name": run.name,
        "fence": run.fence,
        "lease": run.lease_owner,
        "last_seq": run.last_seq,
        "lines": [{key: line[key] for key in ("seq", "step", "phase", "attempt", "stream", "text")} for line in told],
        "steps": list(run.steps.order_by("pk").values("key", "phase", "state", "attempt", "log_offset", "exit_code")),
    }


def celery(order: Order, *words: str) -> None:
    celery_app.start(argv=list(words))


BRIEF = ("found", "queue", "undo", "close", "again")
"""What a person does. It is sealed at once: a real worker looks later, however late, and has no sealer here."""
WORDS: dict[str, Any] = {
    each.__name__: each
    for each in (
        found,
        sweep,
        queue,
        ring,
        undo,
        close,
        again,
        look,
        look_once,
        look_weighed,
        lines_kept,
        state,
        log_told,
        history,
        celery,
    )
}
