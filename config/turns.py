"""Turns of work that a thread of a worker takes again and again: one that fails is logged, and the next one comes."""

from __future__ import annotations

from collections.abc import Callable
from logging import Logger

from django.db import close_old_connections, connection


def took(work: Callable[[], object], log: Logger, failed: str) -> bool:
    """Take one turn; False where it failed, which is logged as `failed`, and the next one has a new connection."""
    try:
        close_old_connections()
        work()
    except Exception:  # a database that is away, too
        log.warning(failed, exc_info=True)
        connection.close()
        return False
    return True
