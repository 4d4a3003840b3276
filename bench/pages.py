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
    "/hosts/", "/hosts/?text=host00999", "/hosts/?text=host009", "/hosts/?text=rack", "/hosts/?text=zzz",
    "/hosts/?trust=trusted", "/hosts/?trust=pending", "/hosts/?trust=none", "/hosts/?trust=changed",
    "/hosts/?owner=Team+00017", "/hosts/?owner=Team+00017&trust=pending",
    "/vms/", "/vms/?text=vm00400", "/vms/?text=prod", "/vms/?text=Team+00017", "/vms/?text=zzz",
    "/owners/", "/owners/?text=00017",
    "/unowned/", "/unowned/?which=nobody", "/unowned/?which=unconfirmed",
    "/changes/", "/changes/?state=going", "/changes/?state=deciding", "/changes/?state=attention",
    "/changes/?state=failed", "/changes/?state=blocked", "/changes/?mine=1", "/changes/?requester=rosa",
    "/changes/?requester=olu", "/changes/?kind=recovery", "/changes/?kind=bond", "/changes/?kind=bond&state=failed",
    "/changes/?host=host0000700", "/changes/?host=zzz",
    "/audit/", "/audit/?actor=person17", "/audit/?actor=nobody", "/audit/?action=host.edit", "/audit/?action=none",
    "/audit/?kind=host", "/audit/?kind=none", "/audit/?object=host4711", "/audit/?actor=person17&action=run.start",
    "/audit/?actor=person17&kind=host", "/audit/?kind=host&action=run.start", "/audit/?kind=change&action=run.start",
    "/audit/?actor=person17&action=user.sign_in&kind=host", "/audit/?object=host4711&action=run.start",
    "/search?q=host00999", "/search?q=rack", "/search?q=zzz", "/search?q=INC-700",
    "/bonds/", "/bonds/?health=held", "/bonds/?health=down", "/bonds/?site=site3", "/bonds/?site=site3&health=held",
    "/bonds/?switch=sw100", "/bonds/?switch=zzz", "/bonds/?text=host00999", "/bonds/?text=host009", "/bonds/?text=zzz",
    "/bonds/silent", "/bonds/switches", "/bonds/switches?site=*", "/bonds/switches?view=table",
    "/bonds/switches/sw101/", "/bonds/idle", "/bonds/idle?site=site3",
    "/risk/", "/risk/?criticality=critical&owned=nobody", "/risk/?site=site3", "/risk/?text=host00999",
    "/rollouts/", "/policies/", "/windows/", "/engine/",
)  # fmt: skip
THEIRS = ("/", "/hosts/", "/vms/", "/unowned/", "/changes/", "/bonds/", "/bonds/switches", "/bonds/idle")
"""What Rita asks for, who sees the machines of one owner of a hundred: a thousand."""
LAST = {
    "/hosts/": "?after=host0099940",
    "/vms/": "?after=vm0050040",
    "/changes/": "?before=40",
    "/audit/": "?before=40",
    "/bonds/": "?after=11.1.1",
    "/bonds/idle": "?after=site9|host0024900|eth0",
}
"""The last page of the long lists, or one far behind."""
COLUMNS = re.compile(r"^SELECT .*? FROM")


def clients() -> dict[str, Client]:
    """Signed in: a viewer for most, the operator and the administrator where it takes them."""
    found = {}
    for name in ("vera", "olu", "ada", "rita"):
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
    addresses = [*LISTS, *(first + last for first, last in LAST.items())]
    asked = {address: (who_may(by, address), address) for address in addresses}
    asked |= {f"{address}, as Rita": (by["rita"], address) for address in THEIRS}
    queries = {}
    for name, (client, address) in asked.items():
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        queries[name] = len(seen)
    took: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(given.repeats):
        for name, (client, address) in asked.items():
            took[name].append(timed(lambda client=client, address=address: client.get(address)))  # type: ignore[misc]
    if given.plans:
        given.plans.write_text("\n".join(plans(client, address) for client, address in asked.values()))
    middle = {address: statistics.median(values) for address, values in took.items()}
    deep = {first: middle[first + last] / middle[first] for first, last in LAST.items()}
    slow = {address: round(p95(values)) for address, values in took.items() if p95(values) > MS}
    many = {address: count for address, count in queries.items() if count > QUERIES}
    figures = {
        "rows": rows,
        "pages": {
            address: {
                "least_ms": round(min(values), 1),
                "median_ms": round(middle[address], 1),
                "p95_ms": round(p95(values), 1),
                "queries": queries[address],
            }
            for address, values in took.items()
        },
        "last page, times the first": {first: round(times, 2) for first, times in deep.items()},
        "slow": slow,
        "with too many queries": many,
    }  # fmt: skip
    report("pages", figures, TARGET, not slow and not many and all(times <= 1.2 for times in deep.values()))


if __name__ == "__main__":
    main()
