"""A supervisor in a process of its own, with small programs to look after: run by the tests as a script.

supervised.py FOLDER: each program writes FOLDER/<name>.pid. It runs until it is ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from config.supervisor import GRACE, Program, Supervisor


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


def note(path: Path) -> None:
    part = path.with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.replace(path)


def main(folder: Path, grace: float) -> None:
    import config.supervisor

    config.supervisor.GRACE = grace
    supervisor = Supervisor(folder / "log", lambda line: print(line, flush=True))
    supervisor.stop_on_signals()
    sleeper = ["sh", "-c", f"echo $$ > {folder}/words.part && mv {folder}/words.part {folder}/words.pid && sleep 120"]
    supervisor.start([lives(folder, "first"), with_pool(folder), Program("words", words=sleeper)])
    supervisor.start([lives(folder, "deaf", deaf=True)] if grace != GRACE else [])
    supervisor.run(lambda: None, every=60)
    supervisor.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
