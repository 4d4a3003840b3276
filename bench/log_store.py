"""P4: durable log lines with 50 concurrent runs.

`python -m bench.log_store [--runs N] [--repeats N]`: as many processes as runs store what their followers would bring,
100 lines of some 90 bytes a piece, one transaction each with the lease's check, the offset and the lines, as fast as
they can for ten seconds. PostgreSQL runs beside them on the same cores, with fsync. At the end each log is read back.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

from bench.log_world import LINE, with_postgres

RUNS, REPEATS, SECONDS, PIECE = 50, 5, 10.0, 100
TARGET = "50 concurrent runs store at least 20,000 lines a second (P4)"


def write(run_pk: int, start: float) -> None:
    """One run's worker, until the time is over."""
    from execution.events import Intent, Output
    from execution.leases import Lease
    from execution.models import Run
    from execution.recorder import Recorder

    lease = Lease(Run.objects.select_related("change").get(pk=run_pk), "bench")
    recorder = Recorder(lease)
    recorder.store(Intent("save", 1))
    offset = number = 0
    while time.time() < start:
        time.sleep(0.01)
    while time.time() < start + SECONDS:
        data = "".join(LINE.format(number=number + each) + "\n" for each in range(PIECE)).encode()
        number, offset = number + PIECE, offset + len(data)
        recorder.store(Output("save", 1, data, offset))


def once(runs: list[int]) -> float:
    """Lines a second, over all."""
    from django.db import connections
    from django.db.models import Sum

    from execution.models import Run

    before = Run.objects.aggregate(lines=Sum("last_seq"))["lines"]
    connections.close_all()
    start, children = time.time() + 3, []
    for pk in runs:
        child = os.fork()
        if child == 0:
            try:
                write(pk, start)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    took = time.time() - start
    return float((Run.objects.aggregate(lines=Sum("last_seq"))["lines"] - before) / took)


def whole(runs: list[int]) -> bool:
    """Whether every log has each number once and each text in its place."""
    from execution.logs import every_line
    from execution.models import Run

    for run in Run.objects.filter(pk__in=runs):
        if any(line.seq != at for at, line in enumerate(every_line(run), 1)):
            return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.log_store")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    with_postgres()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from bench.log_world import begin
    from bench.report import report, spread

    runs = begin(given.runs)
    rates = [once(runs) for _ in range(given.repeats)]
    gap_free = whole(runs)
    told = {"runs": given.runs, "lines a second": spread(rates), "every log read back without a gap": gap_free}
    met = given.runs >= RUNS and gap_free and statistics.median(rates) >= 20_000
    report("log_store", told, TARGET, met)


if __name__ == "__main__":
    main()
