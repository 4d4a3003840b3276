"""What every worker process does beside its tasks: it looks in the database, and it hears when it is to end.

The queue may be away, or silent. Then each process of `runs` finds what is due by itself within seconds, those of
`sweeps` and `fleet` begin their rounds without the clock's hint. Whoever comes first has the lease or the claim, so
that a hint that does come is done once.

SIGTERM ends a worker softly: it takes nothing new, and what it is at is handed over (`execution.parting`).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import timedelta

from celery import signals
from django.conf import settings
from django.db import close_old_connections, connections

from config import rebooting, sealer, telling

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Between two looks of an idle process of `runs`."""

LEAVE_SECONDS = 20.0
"""After which a process that was asked to end does, whatever it is at; the lease runs out by itself then."""

_tasks: set[str] = set()
"""Tasks that run in this process: while there are any, it does not look."""

_looking = threading.Lock()


def look_at_runs() -> None:
    """Do what is due, one by one; with a pulse, since work gets done here whatever the queue does."""
    from execution import engine, facts, janitor, parting  # noqa: PLC0415  # Django is not set up when Celery is
    from execution.due import facts_due, plans_due, runs_due  # noqa: PLC0415

    janitor.pulse("runs", after=timedelta(seconds=settings.SWEEP_SECONDS))
    todo: list[tuple[Callable[[int], None], int]] = [(engine.look, change.pk) for change in runs_due(late=True)]
    todo += [(engine.plan, number) for number in plans_due()]
    todo += [(facts.refresh, host) for host in facts_due()]
    for act, number in todo:
        if parting.asked():
            return
        act(number)


def round_of(name: str) -> Callable[[], None]:
    """The janitor's or the fleet's round, where the clock has not rung for two of them."""

    def look() -> None:
        from execution import janitor  # noqa: PLC0415
        from networking import sweep  # noqa: PLC0415

        if janitor.unheard(name, timedelta(seconds=2 * settings.SWEEP_SECONDS)):
            (janitor.sweep if name == "sweeps" else sweep.sweep)()

    return look


def watch(names: set[str]) -> None:
    """Begin to look, in a thread of this process, for the queues that it serves."""
    looks = [look_at_runs] if "runs" in names else []
    looks += [round_of(name) for name in ("sweeps", "fleet") if name in names]
    if looks:
        threading.Thread(target=_watch, args=(looks,), name="watch", daemon=True).start()
    if "sweeps" in names:
        sealer.start()
        telling.start()
    if "fleet" in names:
        rebooting.start()


def _watch(looks: list[Callable[[], None]]) -> None:
    from execution import parting  # noqa: PLC0415

    pause = threading.Event()
    while not parting.asked():
        for _ in range(10):
            pause.wait(LOOK_SECONDS / 10)
            if parting.asked():
                break
        if not _tasks and not parting.asked():
            with _looking:
                _look(looks)
    pause.wait(LEAVE_SECONDS)
    log.warning("this process is still at work after %d s, and ends all the same", LEAVE_SECONDS)
    os._exit(1)


def _look(looks: list[Callable[[], None]]) -> None:
    for look in looks:
        try:
            close_old_connections()
            look()
        except Exception:  # a database that is away, too: the next look may find it again
            log.warning("a look in the database failed", exc_info=True)
    connections.close_all()


def _begin(**_: object) -> None:
    from execution import parting  # noqa: PLC0415

    parting.begin()


def _end(**_: object) -> None:
    from execution import parting  # noqa: PLC0415

    parting.ask()


def _process_begins(**_: object) -> None:
    from config import celery_app  # noqa: PLC0415

    watch(set(celery_app.amqp.queues.consume_from))


def _task_begins(task_id: str, **_: object) -> None:
    _tasks.add(task_id)


def _task_ends(task_id: str, **_: object) -> None:
    _tasks.discard(task_id)


def _process_ends(**_: object) -> None:
    """A look that is at a run hands it over first."""
    if _looking.acquire(timeout=LEAVE_SECONDS):
        _looking.release()


def connect() -> None:
    """Have Celery tell what happens in its workers."""
    signals.worker_init.connect(_begin)
    signals.worker_shutting_down.connect(_end)
    signals.worker_process_init.connect(_process_begins)
    signals.worker_process_shutdown.connect(_process_ends)
    signals.task_prerun.connect(_task_begins)
    signals.task_postrun.connect(_task_ends)
