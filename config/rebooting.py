"""Asks hosts whether they would come back from a reboot, in a thread of the worker “fleet”, those whose turn it is.

It takes a host tens of seconds, so bonds, which are asked in the worker's own thread, do not wait for it. Any number of
such workers may be there: each host is leased (`readiness.sweep`).
Between two rounds it weighs which hosts are at risk (`readiness.weighing`).
"""

from __future__ import annotations

import logging
import threading
import time

from django.db import close_old_connections, connection

log = logging.getLogger(__name__)

EVERY = 5.0
WEIGHED_EVERY = 120.0


def start() -> None:
    """Begin; it goes on until the process ends, whatever else that process is at."""
    threading.Thread(target=_ask_on, name="rebooting", daemon=True).start()


def _ask_on() -> None:
    pause, due = threading.Event(), 0.0
    while not pause.wait(EVERY):
        if time.monotonic() >= due:
            due = time.monotonic() + WEIGHED_EVERY
            weigh()
        turn()


def weigh() -> bool:
    """All hosts; False where it failed, which is logged and tried again."""
    from readiness.weighing import risk_weigh  # noqa: PLC0415  # Django is not set up when Celery is

    try:
        close_old_connections()
        risk_weigh()
    except Exception:  # a database that is away; a host that went meanwhile
        log.warning("hosts at risk could not be weighed; trying again", exc_info=True)
        connection.close()
        return False
    return True


def turn() -> bool:
    """One round; False where it failed, which is logged and tried again."""
    from readiness.sweep import sweep  # noqa: PLC0415  # Django is not set up when Celery is

    try:
        close_old_connections()
        sweep()
    except Exception:  # a database that is away, too
        log.warning("a round of readiness failed; trying again", exc_info=True)
        connection.close()
        return False
    return True
