"""A supervisor in a process of its own, with small programs to look after: run by the tests as a script.

supervised.py FOLDER GRACE [writer]: each program writes FOLDER/<name>.pid. It runs until it is ended.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from pathlib import Path

from config.supervisor import GRACE, Program, Supervisor

PATIENCE = 1.0


def lives(folder: Path, name: str, *, deaf: bool = False) -> Program:
    def main() -> None:
        if deaf:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note(folder / f"{name}.pid")
        time.sleep(120)

    return Program(name, main=main)


def with_pool(folder: Path) -> Program:
    """A leader with a process of its own, as a worker has."""

    def main() -> None:
        if os.fork() == 0:
            note(folder / "pool.pid")
            time.sleep(120)
            os._exit(0)
        note(folder / "leader.pid")
        time.sleep(120)

    return Program("leader", main=main)


def writer(folder: Path) -> Program:
    """Stops in the middle of its first write to FOLDER/rows.sqlite3; with the second life it has no such plans."""

    def main() -> None:
        again = (folder / "writer.pid").exists()
        if not again:
            rows = sqlite3.connect(folder / "rows.sqlite3", isolation_level=None)
            rows.execute("CREATE TABLE rows (word)")
            rows.execute("BEGIN IMMEDIATE")
            rows.execute("INSERT INTO rows VALUES ('half')")
        note(folder / "writer.pid")
        if not again:
            os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(120)

    return Program("writer", main=main)


def note(path: Path) -> None:
    part = path.with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.replace(path)


def main(folder: Path, grace: float, *more: str) -> None:
    import config.supervisor

    config.supervisor.GRACE, config.supervisor.LOOK_EVERY = grace, 0.2
    supervisor = Supervisor(folder / "log", lambda line: print(line, flush=True), patience=PATIENCE)
    supervisor.stop_on_signals()
    sleeper = ["sh", "-c", f"echo $$ > {folder}/words.part && mv {folder}/words.part {folder}/words.pid && sleep 120"]
    supervisor.start([lives(folder, "first"), with_pool(folder), Program("words", words=sleeper)])
    supervisor.start([lives(folder, "deaf", deaf=True)] if grace != GRACE else [])
    supervisor.start([writer(folder)] if more else [])
    supervisor.run(lambda: None, every=60)
    supervisor.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
