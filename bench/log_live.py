"""P5: from a line on the host to the browser's wire, 5,000 lines a second, 50 viewers.

`python -m bench.log_live [--viewers N] [--rate N] [--seconds N] [--repeats N]`: a detached step on this machine writes
lines with the time in them; one follower reads and stores them as a worker does (over a local session: a round trip to
a real host comes on top); viewers hold the change's stream open and look at the first, that is the oldest, line of each
message that reaches them, and every tenth of them at all its lines. Catching up is what static/js/log.js does after a
minute away: it asks for the end, then for the stream from there on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from bench.log_world import with_postgres

VIEWERS, RATE, SECONDS, REPEATS = 50, 5000, 20.0, 5
TARGET = "host line to browser p95 within 400 ms at 5,000 lines/s and 50 viewers; catch-up after 60 s within 1 s (P5)"
STAMP = re.compile(rb'"T ([0-9.]+)')
FIRST = 2000
"""Bytes of a message in which its oldest line is looked for."""

WRITER = """
import sys, time
rate, seconds = float(sys.argv[1]), float(sys.argv[2])
begun, done = time.time(), 0
while (now := time.time()) < begun + seconds:
    due = int((now - begun) * rate) - done
    sys.stdout.write("".join(f"T {time.time():.3f} copied an extent, checked, no difference\\n" for _ in range(due)))
    sys.stdout.flush()
    done += due
    time.sleep(0.01)
"""


def follow(run_pk: int, attempt: int, rate: int, seconds: float, root: str) -> None:
    """The worker: starts the step, follows and stores it to its end."""
    from django.db import connections

    from execution.events import Intent, Output
    from execution.leases import Lease
    from execution.models import Run
    from execution.recorder import Recorder
    from ssh import detached
    from ssh.command import Command
    from tests.execution.local_session import LocalSession

    try:
        run = Run.objects.select_related("change").get(pk=run_pk)
        lease = Lease(run, "bench")
        recorder, session = Recorder(lease), LocalSession()
        place = detached.Place(root, sudo=False, launcher="setsid")
        ticket = detached.Ticket(run.name, "save", attempt, 1, place=place)
        recorder.store(Intent("save", attempt))
        detached.prepare(session, place)  # type: ignore[arg-type]  # it only runs commands
        command = Command(("python3", "-c", WRITER, str(rate), str(seconds)))
        detached.start(session, ticket, command, timeout=seconds + 60)  # type: ignore[arg-type]  # it only runs commands
        for chunk in detached.follow(session, ticket, 0, stop=lambda: False):  # type: ignore[arg-type]  # it only runs commands
            lease.renewed = time.monotonic()  # the lease's own thread, which is not started here
            recorder.store(Output("save", attempt, chunk.data, chunk.end, chunk.final))
    finally:
        connections.close_all()


async def watch(port: int, path: str, cookie: str, until: float, ages: list[float], every: list[float] | None) -> int:
    """One viewer: how many bytes came; ages, s, of the oldest line of each message and, where wanted, of every line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode())
    took, held, joined = 0, b"", 0.0
    try:
        while (left := until - time.time()) > 0:
            data = await asyncio.wait_for(reader.read(1 << 20), left)
            if not data:
                raise SystemExit("a viewer was let go")
            took += len(data)
            *messages, held = (held + data).split(b"\n\n")
            now = time.time()
            joined = joined or now
            for message in messages:
                # Lines from before the viewer was there are as old as it is late.
                stamps = STAMP.findall(message) if every is not None else STAMP.findall(message, 0, FIRST)
                found = [now - float(stamp) for stamp in stamps if float(stamp) >= joined]
                ages += found[:1]
                if every is not None:
                    every += found
    except TimeoutError:
        pass
    writer.close()
    return took


def catch_up(url: str, change: int, cookie: str) -> float:
    """Seconds from coming back to the end of the log being there, and the next live line."""
    start = time.monotonic()
    headers = {"Cookie": cookie}
    ask = urllib.request.Request(f"{url}/changes/{change}/log/lines?tail=1&count=500&parts=1", headers=headers)  # noqa: S310 - our own loopback URL
    with urllib.request.urlopen(ask, timeout=30) as answer:  # noqa: S310 - our own loopback URL
        last = json.load(answer)["last_seq"]
    ask = urllib.request.Request(f"{url}/changes/{change}/events?after={last}", headers=headers)  # noqa: S310 - our own loopback URL
    with urllib.request.urlopen(ask, timeout=30) as answer:  # noqa: S310 - our own loopback URL
        while not answer.readline().startswith(b"event: log"):
            pass
    return time.monotonic() - start


def once(run_pk: int, attempt: int, given: argparse.Namespace, url: str, cookie: str, root: str) -> dict[str, float]:
    from execution.models import Run

    run = Run.objects.get(pk=run_pk)
    writer = threading.Thread(target=follow, args=(run_pk, attempt, given.rate, given.seconds, root))
    writer.start()
    time.sleep(2)
    ages: list[float] = []
    every: list[float] = []
    until = time.time() + given.seconds - 6
    before = Run.objects.get(pk=run_pk).last_seq
    path = f"/changes/{run.change_id}/events?after={before}"
    caught: list[float] = []
    late = threading.Timer(given.seconds - 10, lambda: caught.append(catch_up(url, run.change_id, cookie)))
    late.start()

    async def all_of_them() -> list[int]:
        port = int(url.rpartition(":")[2])
        viewers = range(given.viewers)
        return await asyncio.gather(
            *(watch(port, path, cookie, until, ages, every if n % 10 == 0 else None) for n in viewers)
        )

    started = time.time()
    sizes = asyncio.run(all_of_them())
    stored = (Run.objects.get(pk=run_pk).last_seq - before) / (time.time() - started)
    late.join()
    writer.join()
    ages.sort()
    every.sort()
    return {
        "p50": statistics.median(ages) * 1000,
        "p95": ages[int(len(ages) * 0.95)] * 1000,
        "all p50": statistics.median(every) * 1000,
        "all p95": every[int(len(every) * 0.95)] * 1000,
        "catch-up": caught[0] if caught else 99.0,
        "rate": stored,
        "mb": sum(sizes) / 1e6 / (given.seconds - 6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.log_live")
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    with_postgres()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from bench.log_world import begin, cookie
    from bench.report import report, spread
    from bench.web import serving

    run = begin(1)[0]
    name, value = cookie()
    with tempfile.TemporaryDirectory(prefix="regroup-bench-") as root, serving() as url:
        told = [
            once(run, attempt, given, url, f"{name}={value}", f"{Path(root)}/host")
            for attempt in range(2, given.repeats + 2)
        ]
    p95, back = [each["p95"] for each in told], [each["catch-up"] for each in told]
    figures = {
        "viewers": given.viewers,
        "lines a second, asked for": given.rate,
        "lines a second, stored": spread([each["rate"] for each in told]),
        "MB/s to the viewers": spread([each["mb"] for each in told]),
        "oldest line of a message, p50 ms": spread([each["p50"] for each in told]),
        "oldest line of a message, p95 ms": spread(p95),
        "all lines, p50 ms": spread([each["all p50"] for each in told]),
        "all lines, p95 ms": spread([each["all p95"] for each in told]),
        "catch-up s": spread(back),
    }
    full = given.viewers >= VIEWERS and given.rate >= RATE
    quick = max(statistics.median(p95), statistics.median([each["all p95"] for each in told])) <= 400
    report("log_live", figures, TARGET, full and quick and statistics.median(back) <= 1)


if __name__ == "__main__":
    main()
