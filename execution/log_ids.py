"""Which change, run and step a line of our own logs is about. Pure: context variables and a filter of logging.

    with about(change=42):
        log.info("…")                       # a line about change 42
        also(run="42-1f2e3d4c", step="restore")

One record of ids for each piece of work, shared with the threads that it starts by `copy_context`, so that these
speak of the step that is under way as well.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Ids:
    """change is its number, run its name on the host, step its key; None where there is none."""

    change: int | None = None
    run: str | None = None
    step: str | None = None


_NOBODY = Ids()
_ids: ContextVar[Ids] = ContextVar("log_ids", default=_NOBODY)


@contextmanager
def about(change: int) -> Iterator[None]:
    """Every line of the block is about this change."""
    token = _ids.set(Ids(change))
    try:
        yield
    finally:
        _ids.reset(token)


def also(*, run: str | None = None, step: str | None = None) -> None:
    """What is known by now within `about`; outside of it, nothing."""
    ids = _ids.get()
    if ids is _NOBODY:
        return
    ids.run = run or ids.run
    ids.step = step or ids.step


class AddIds(logging.Filter):
    """Puts `change`, `run` and `step` on every record of a handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        ids = _ids.get()
        record.change, record.run, record.step = ids.change, ids.run, ids.step
        return True
