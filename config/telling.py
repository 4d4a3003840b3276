"""Tells people what they can do something about, in a thread of the worker “sweeps”, every few seconds.

A mail server or a receiver of webhooks that is slow holds up nobody but this thread. Any number of such workers may be
there: each thing is claimed before it is sent (`notices.round`).
"""

from __future__ import annotations

import logging
import threading

from config.turns import took

log = logging.getLogger(__name__)

EVERY = 5.0


def start() -> None:
    """Begin; it goes on until the process ends, whatever else that process is at."""
    threading.Thread(target=_tell_on, name="telling", daemon=True).start()


def _tell_on() -> None:
    pause = threading.Event()
    while not pause.wait(EVERY):
        turn()


def turn() -> bool:
    """One round; False where it failed, which is logged and tried again."""
    from notices.round import tell  # noqa: PLC0415  # Django is not set up when Celery is

    return took(tell, log, "a round of notices failed; trying again")
