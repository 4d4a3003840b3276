"""Hints to workers. A lost hint costs seconds: the sweep finds in the database what is to be done.

The sweep's own hints are forgotten when the next round would give them anew, so that a queue whose workers
are busy holds each of them once or twice and not once for every round.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from changes.models import Change

log = logging.getLogger(__name__)


def ring(change: Change) -> None:
    """Tell a worker, once the transaction is committed, to look at the change."""
    transaction.on_commit(lambda: _send("look", change.pk))


def ring_plan(change: Change) -> None:
    transaction.on_commit(lambda: _send("plan", change.pk))


def ring_facts(host_id: int) -> None:
    transaction.on_commit(lambda: _send("facts", host_id))


def ring_again(task: str, number: int) -> None:
    """The sweep's hint: look, plan or facts."""
    _give(task, number, expires=2 * settings.SWEEP_SECONDS)


def _send(task: str, number: int) -> None:
    _give(task, number, expires=None)


def _give(task: str, number: int, expires: float | None) -> None:
    from execution import tasks  # noqa: PLC0415  # tasks import the engine, which rings

    try:
        getattr(tasks, task).apply_async((number,), expires=expires)
    except (OperationalError, OSError) as error:
        log.warning("no hint for %s %d, the sweep will find it: %s", task, number, error)
