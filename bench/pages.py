"""P6: pages of a large house: 100,000 hosts, a million steps, ten million audit entries, on PostgreSQL.

`python -m bench.pages [--hosts N] [--steps N] [--entries N] [--plans FILE]`. Each address is asked for in this process,
middleware, session and template included, as somebody with the roles it takes: once to count its queries, then in
turns with all the others. A list's last page is compared with its first. What PostgreSQL does for each of them is
written to the file, where one is named.
"""

from __future__ import annotations

from bench.log_world import with_postgres

with_postgres()

import argparse
import os
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import pages_world
from bench.report import report
from people.models import User

REPEATS = 20
MS, QUERIES = 120.0, 12
TARGET = f"100,000 hosts, 1 M steps, 10 M audit rows: p95 of any list within {MS:.0f} ms, {QUERIES} queries (P6)"
LISTS = (
    "/",
    "/hosts/", "/hosts/?text=host00999", "/hosts/?text=zzz", "/hosts/?trust=trusted", "/hosts/?trust=pending",
    "/hosts/?owner=Team+00017",
    "/vms/", "/vms/?text=vm00400", "/vms/?text=zzz", "/owners/", "/owners/?text=00017",
    "/unowned/", "/unowned/?which=nobody", "/unowned/?which=unconfirmed",
    "/changes/", "/changes/?state=going", "/changes/?state=deciding", "/changes/?state=failed", "/changes/?mine=1",
    "/changes/?requester=rosa", "/changes/?kind=recovery", "/changes/?kind=bond", "/changes/?host=host0000700",
    "/audit/", "/audit/?actor=person17", "/audit/?actor=nobody", "/audit/?action=host.edit", "/audit/?kind=host",
    "/audit/?object=host4711", "/audit/?actor=person17&action=run.start", "/audit/?kind=host&action=run.start",
    "/search?q=host00999", "/search?q=zzz", "/search?q=INC-700",
    "/bonds/", "/bonds/?state=held", "/bonds/?text=host00999", "/bonds/silent", "/bonds/switches", "/bonds/idle",
    "/rollouts/", "/policies/", "/engine/",
)  # fmt: skip
LAST = {
    "/hosts/": "?after=host0099940",
    "/vms/": "?after=vm0050040",
    "/changes/": "?before=40",
    "/audit/": "?before=40",
}
"""The last page of the long lists."""
COLUMNS = re.compile(r"^SELECT .*? FROM")


def clients() -> dict[str, Client]:
    """Signed in: a viewer for most, the operator and the administrator where it takes them."""
    found = {}
    for name in ("vera", "olu", "ada"):
        found[name] = Client(SERVER_NAME="localhost")
        found[name].force_login(User.objects.get(username=name))
    return found


def who_may(by: dict[str, Client], address: str) -> Client:
    """The first of them who gets the page."""
    for client in by.values():
        if client.get(address).status_code == 200:
            return client
    raise SystemExit(f"Nobody gets {address}: {by['ada'].get(address).status_code}.")


def timed(ask: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def plans(client: Client, address: str) -> str:
    """How many queries the page takes, and what the database does for each of them that takes it 20 ms or more."""
    with CaptureQueriesContext(connection) as seen:
        client.get(address)
    told = [f"## {address}: {len(seen)} queries"]
    for query in seen.captured_queries:
        if float(query["time"]) * 1000 < 20 or not query["sql"].startswith("SELECT"):
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, COSTS OFF) " + query["sql"])
            asked = COLUMNS.sub("SELECT … FROM", query["sql"], count=1)
            told += ["", "```", asked, *(f"    {line}" for (line,) in cursor), "```"]
    return "\n".join(told) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.pages")
    parser.add_argument("--hosts", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--plans", type=Path)
    parser.add_argument("--made", action="store_true", help="REGROUP_DATABASE_URL holds the rows of a run before")
    given = parser.parse_args()
    if not given.made:
        pages_world.make(given.hosts, given.steps, given.entries)
    rows = pages_world.counted()
    by = clients()
    asked = {address: who_may(by, address) for address in [*LISTS, *(first + last for first, last in LAST.items())]}
    queries = {}
    for address, client in asked.items():
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        queries[address] = len(seen)
    took: dict[str, list[float]] = {address: [] for address in asked}
    for _ in range(given.repeats):
        for address, client in asked.items():
            took[address].append(timed(lambda client=client, address=address: client.get(address)))  # type: ignore[misc]
    if given.plans:
        given.plans.write_text("\n".join(plans(client, address) for address, client in asked.items()))
    middle = {address: statistics.median(values) for address, values in took.items()}
    deep = {first: middle[first + last] / middle[first] for first, last in LAST.items()}
    slow = {address: round(p95(values)) for address, values in took.items() if p95(values) > MS}
    many = {address: count for address, count in queries.items() if count > QUERIES}
    figures = {
        "rows": rows,
        "pages": {
            address: {"median_ms": round(middle[address], 1), "p95_ms": round(p95(values), 1),
                      "queries": queries[address]}
            for address, values in took.items()
        },
        "last page, times the first": {first: round(times, 2) for first, times in deep.items()},
        "slow": slow,
        "with too many queries": many,
    }  # fmt: skip
    report("pages", figures, TARGET, not slow and not many and all(times <= 1.2 for times in deep.values()))


if __name__ == "__main__":
    main()
