"""P9: how soon the embedded default is ready after its first start, and what it costs idle.

`python -m bench.footprint`: `manage.py regroup up` alone (no lab), five times, on a state directory that has
been started once. Memory is PSS over the whole process tree, 20 s after it was ready.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.report import report, spread
from tests.config.conftest import PROJECT, free_port

REPEATS = 5
SETTLE = 20.0
TARGET = "ready within 5 s after the first start, idle at most 400 MB PSS in all (P9)"


def pss_mb(pid: int) -> float:
    """Proportional memory of a process, MB; 0 when it has just ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) / 1024 if match else 0.0


def once(state: Path) -> tuple[float, float]:
    """Seconds until ready, and MB when idle."""
    ready = state / "ready"
    ready.unlink(missing_ok=True)
    words = ["manage.py", "regroup", "up", "--port", str(free_port()), "--once-ready-file", str(ready)]
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=PROJECT,
        env={**os.environ, "REGROUP_STATE": str(state)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while not ready.exists():
            if process.poll() is not None or time.monotonic() - start > 120:
                raise SystemExit("regroup up did not come up")
            time.sleep(0.02)
        seconds = time.monotonic() - start
        time.sleep(SETTLE)
        family = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
        return seconds, sum(pss_mb(pid) for pid in family)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        state = Path(place) / "var"
        state.mkdir()
        first, _ = once(state)
        runs = [once(state) for _ in range(REPEATS)]
    ready, idle = [run[0] for run in runs], [run[1] for run in runs]
    figures = {"first start seconds": first, "ready seconds": spread(ready), "idle PSS MB": spread(idle)}
    report("footprint", figures, TARGET, max(ready) <= 5 and max(idle) <= 400)


if __name__ == "__main__":
    main()
