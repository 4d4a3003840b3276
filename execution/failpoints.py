"""Named places at which a worker can be told to die, so that a test can say where it strikes.

``REGROUP_FAILPOINT=PLACE[@STEP]:ACTION``, for instance ``after-intent:kill`` or ``before-ended@mount:delay=5``.

PLACE    after-claim · after-start (the host has been told) · before- or after- one of the walk's events, in small
         letters: entered, said, intent, output, exited, ended, parked, finished (`execution.events`)
STEP     only in that step
ACTION   kill (SIGKILL) · stop (SIGSTOP, until somebody sends SIGCONT) · raise · delay=SECONDS

A process strikes once. `config.failpoint` reads the setting, and refuses it without REGROUP_DEBUG.
"""

from __future__ import annotations

import os
import signal
import time

from django.conf import settings

_struck: set[object] = set()


class Struck(Exception):
    """What `raise` raises: a fault of ours, in a place of a test's choice."""


def reach(place: str, step: str = "") -> None:
    """The worker is at that place; nothing happens unless a fail point says so."""
    point = settings.FAILPOINT
    if point is None or point.place != place or point.step not in ("", step) or point in _struck:
        return
    _struck.add(point)
    if point.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif point.action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif point.action == "raise":
        raise Struck(f"fail point {place}")
    else:
        time.sleep(point.seconds)
