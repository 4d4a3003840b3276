"""How long a large group takes to plan, digest included: 300 volumes, 12 disks, 1.9 MiB of metadata. Target: 1 s.

Run: ``python -m bench.plan``. From a backup file, and from the twelve attached disks. No peer plans such a thing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.report import report, spread
from tests.recovery.disks import with_disks
from tests.recovery.large import asked
from tests.recovery.story import facts, plan
from tests.recovery.test_plan_large import disks

REPEATS = 5


def timed(action: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return times


def main() -> None:
    """Measure and print, in seconds."""
    file, disk = asked(), asked(metadata="", disk="big-3", volumes=[])
    here, there = facts(), with_disks(*disks())
    from_file = timed(lambda: plan(file, here).digest())
    from_disks = timed(lambda: plan(disk, there).digest())
    met = max(*from_file, *from_disks) < 1
    report("plan", {"from_file": spread(from_file), "from_disks": spread(from_disks)}, "under one second", met)


if __name__ == "__main__":
    main()
