"""Hints to workers. A lost hint costs seconds: workers look in the database by themselves (`config.watch`).

The sweep's own hints are forgotten when the next round would give them anew, so that a queue whose workers
are busy holds each of them once or twice and not once for every round.

Whoever rings never waits long for a broker that is away, nor hears of it: the change is stored, the hint is not needed.
"""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from kombu import Connection

from changes.models import Change
from execution.hints import PATIENCE, options
from execution.leases import steady

log = logging.getLogger(__name__)

REST = 5.0
"""Seconds for which nobody rings after the broker did not answer, so that one request in 5 s waits for it at most."""

RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
"""Once more at once: a connection that was kept open is dead after the broker started anew."""

_silent: dict[str, float] = {}
"""Broker → until when nobody rings there."""


def ring(change: Change) -> None:
    """Tell a worker, once the transaction is committed, to look at the change."""
    transaction.on_commit(lambda: _send("look", change.pk))


def ring_plan(change: Change) -> None:
    transaction.on_commit(lambda: _send("plan", change.pk))


def ring_facts(host_id: int) -> None:
    transaction.on_commit(lambda: _send("facts", host_id))


def ring_again(task: str, argument: int | str) -> None:
    """A hint that somebody will give anew: look, plan, facts or pulse."""
    _give(task, argument, expires=2 * settings.SWEEP_SECONDS)


def _send(task: str, number: int) -> None:
    _give(task, number, expires=None)


def _give(task: str, argument: int | str, expires: float | None) -> None:
    from execution import tasks  # noqa: PLC0415  # tasks import the engine, which rings

    give(getattr(tasks, task), (argument,), expires=expires)


def give(task: Any, args: tuple[object, ...] = (), expires: float | None = None) -> bool:
    """Put a hint into the queue; False, with a line in the log, where the broker does not take it in a few seconds."""
    broker = settings.BROKER_URL
    if steady() < _silent.get(broker, 0.0):
        return False
    try:
        with _lines(broker, json.dumps(options(), sort_keys=True), os.getpid()).acquire(
            block=True, timeout=PATIENCE
        ) as line:
            task.apply_async(args, expires=expires, connection=line, retry=True, retry_policy=RETRY)
    except Exception as error:  # every transport raises errors of its own, and none of them is worth a request
        _silent[broker] = steady() + REST
        log.warning("no hint for %s %s, a worker will find it by itself: %s", task.name, args, type(error).__name__)
        return False
    return True


@cache
def _lines(url: str, told: str, process: int) -> Any:
    """Kept connections of this process, whose every wait is short; a fork has its own."""
    return Connection(url, transport_options=json.loads(told), connect_timeout=PATIENCE).Pool(limit=10)
