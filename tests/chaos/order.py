"""What a test asks of a worker: a value that travels to the process which does it. Knows no Django."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ssh.paramiko_session import Target

MOVING = ("queued", "gating", "running", "undoing")
"""States of a change that somebody has to work on."""


@dataclass(frozen=True)
class Order:
    """One word for `tests.chaos.worker`, in a process of its own.

    folder     of the story: the dashboard's state, the host, its world
    failpoint  PLACE[@STEP]:ACTION, as REGROUP_FAILPOINT has it
    strike     number of the command before which the worker gets `signal`, just before it is sent; 0 for none
    mutant     name of a fault that is put into the engine (`tests.chaos.mutants`)
    quirk      name of an oddity of the host or the way there (`tests.chaos.sessions`)
    pages      more than these the worker's SQLite may not add to its file, as on a disk that is full; None for no limit
    clock      seconds by which the worker's clock is wrong
    target     the host is reached over SSH so; without one it is this machine
    patience   seconds after which a worker gives up to look
    lease      seconds; a heartbeat is a quarter of it
    kept       lines of a step's output that the log keeps; 0 for all
    sweep      seconds from one round of the janitor to the next, where a worker has it
    database   URL of a PostgreSQL; empty for the story's own SQLite
    queue      URL of a Redis; empty for a queue of files
    """

    folder: Path
    word: str
    args: tuple[str, ...] = ()
    failpoint: str = ""
    strike: int = 0
    signal: int = 0
    mutant: str = ""
    quirk: str = ""
    pages: int | None = None
    clock: int = 0
    target: Target | None = None
    patience: float = 150.0
    lease: float = 2.0
    kept: int = 0
    sweep: int = 1
    database: str = ""
    queue: str = ""
    said: str = "said"


def obey(order: Order) -> None:
    """The process's whole life. Its output goes to two files of the story's."""
    for number, kind in ((1, "out"), (2, "err")):
        file = os.open(order.folder / f"{order.said}.{kind}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, number)
        os.close(file)
    from tests.chaos import worker  # noqa: PLC0415  # Django is loaded where it is forked from, and only there

    worker.obey(order)
