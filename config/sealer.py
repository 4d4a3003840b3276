"""Seals the audit in a thread of the worker “sweeps”, every half second: whatever was committed is chained within two.
Once a minute it writes the end of the chain down elsewhere.

Any number of such workers may be there: of all sealers one is at work at a time (`audit.services.seal`).
"""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, connection

from config.turns import took

log = logging.getLogger(__name__)

EVERY = 0.5
LOOK_EVERY = 5.0
"""Seconds from one look whether an anchor is due to the next."""
PATIENCE = 5.0
"""Seconds until the next try after a failure: the database may be away."""


def start() -> None:
    """Begin; it goes on until the process ends, whatever else that process is at."""
    threading.Thread(target=_seal_on, name="sealer", daemon=True).start()


def _seal_on() -> None:
    pause, looked = threading.Event(), -LOOK_EVERY
    while not pause.wait(EVERY if turn() else PATIENCE):
        if time.monotonic() - looked >= LOOK_EVERY:
            looked = time.monotonic()
            anchor_turn()


def turn() -> bool:
    """Seal what there is; False where that failed, which is logged and tried again."""
    from audit.services import seal_all  # noqa: PLC0415  # Django is not set up when Celery is

    return took(seal_all, log, "the audit could not be sealed; trying again")


def anchor_turn() -> None:
    """Write the chain's end down, if a minute is over; a failure is logged, and the next look tries again."""
    from audit.services import anchor  # noqa: PLC0415  # the same

    try:
        anchor()
    except OSError as error:
        log.warning("the audit could not be anchored in %s: %s", settings.AUDIT_ANCHOR, error)
    except DatabaseError:
        log.warning("the audit could not be anchored", exc_info=True)
        connection.close()
