"""P1, P2, P3: how fast many hosts are asked, by whom, and for how much of our CPU.

`python -m bench.sweep` does all three; `python -m bench.sweep cold warm fleet`, those that are named. `--hosts`,
`--fleet-hosts` and `--repeats` make it smaller, and then the result says so. P1 and P2 ask 200 real sshd on loopback
one fact each, the peers in turns with us. P3 is the whole sweep with its database, against simulated hosts whose
servers are processes of their own; its target is for 10,000, which is asked for by `--fleet-hosts 10000`.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

STATE = tempfile.TemporaryDirectory(prefix="regroup-bench-")
os.environ["REGROUP_STATE"] = STATE.name
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("REGROUP_FLEET_KEPT", "12000")

import django

django.setup()

from django.core.management import call_command
from django.utils import timezone

from bench.peers import Peers, Turn
from bench.report import report, spread
from bench.servers import Servers, sshds
from config import fleet as simulated
from inventory.models import Host
from networking import sweep
from networking.asking import enrol
from networking.models import HostNetwork
from networking.recording import Heard
from networking.sweep import KNOCKS, Errand, Fleet
from ssh.command import Command, Secret
from ssh.hostkeys import parse_public_key
from ssh.paramiko_session import Target, connect
from ssh.session import Result

HOSTS, FLEET_HOSTS, REPEATS = 200, 2_000, 5
UPTIME = Command(("cat", "/proc/uptime"))
COLD = "cold, 200 sshd: at least 1.4 times pyinfra and 6 times Ansible raw, at most 6 ms of our CPU a host (P1)"
WARM = "warm, 200 sshd: at least 400 hosts/s, at most 1 ms of our CPU a host (P2)"
FLEET = "10,000 simulated hosts: cold in 180 s, warm in 30 s, 600 MB, 5 % dead add 15 s (P3)"


class OneFact(Fleet):
    """The sweep's own way to many hosts, with one small fact in the place of the bonds."""

    lean = UPTIME

    def _same(self, errand: Errand, lean: Result) -> Heard:
        assert float(lean.text.split()[0]) > 0
        return Heard(errand.host_id)


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def errands(servers: Servers) -> list[Errand]:
    key, secret = parse_public_key(servers.host_line), Secret(servers.client_key.read_text())
    return [
        Errand(
            number,
            Target(f"h{port}", "127.0.0.1", port, servers.user, (key,), key_text=secret),
            sudo=True,
            digest="",
        )
        for number, port in enumerate(servers.ports)
    ]


def ask_all(fleet: Fleet, wanted: Sequence[Errand]) -> Turn:
    before, start = cpu(), time.monotonic()
    with ThreadPoolExecutor(KNOCKS) as threads:
        backs = [started.result() for started in [fleet.start(errand, threads) for errand in wanted]]
    wrong = [back.heard.error for back in backs if back.heard.error]
    if wrong:
        raise SystemExit(f"{len(wrong)} of {len(wanted)} were not reached: {wrong[0]}")
    return Turn(time.monotonic() - start, cpu() - before)


def a_fleet() -> OneFact:
    return OneFact(hands=32, per_jump=8, keep=20_000, patience=30.0)


def figures(turns: Sequence[Turn], hosts: int) -> dict[str, object]:
    return {
        "hosts a second": spread([hosts / turn.seconds for turn in turns]),
        "CPU ms a host": spread([1000 * turn.cpu / hosts for turn in turns]),
    }


def cold(servers: Servers, peers: Peers, repeats: int) -> None:
    hosts, wanted = len(servers.ports), errands(servers)
    ours, pyinfra, ansible, direct = [], [], [], []
    for _ in range(repeats):
        fleet = a_fleet()
        ours.append(ask_all(fleet, wanted))
        fleet.pool.close()
        pyinfra.append(peers.pyinfra())
        direct.append(bare(wanted))
    for _ in range(min(repeats, 2)):
        ansible.append(peers.ansible())
    best = {
        name: max(hosts / turn.seconds for turn in turns)
        for name, turns in (("pyinfra", pyinfra), ("ansible", ansible))
    }
    rate = spread([hosts / turn.seconds for turn in ours])["median"]
    times = {f"times {name}": rate / value for name, value in best.items()}  # type: ignore[operator]  # medians are numbers
    ms = spread([1000 * turn.cpu / hosts for turn in ours])["median"]
    met = hosts == HOSTS and times["times pyinfra"] >= 1.4 and times["times ansible"] >= 6 and ms <= 6  # type: ignore[operator]  # the same
    told = {
        "hosts": hosts,
        "ours": figures(ours, hosts),
        "one connection after the other": figures(direct, hosts),
        "pyinfra": figures(pyinfra, hosts),
        "ansible raw, forks 50": figures(ansible, hosts),
        "of our median against their best": times,
        "versions": peers.versions(),
    }
    report("sweep-cold", told, COLD, met)


def bare(wanted: Sequence[Errand]) -> Turn:
    """What a connection costs by itself, without threads beside it: connect, one command, close."""
    few = wanted[:20]
    before, start = cpu(), time.monotonic()
    for errand in few:
        with connect(errand.target) as session:
            session.run(UPTIME)
    share = len(wanted) / len(few)
    return Turn((time.monotonic() - start) * share, (cpu() - before) * share)


def warm(servers: Servers, peers: Peers, repeats: int) -> None:
    hosts, wanted, fleet = len(servers.ports), errands(servers), a_fleet()
    ask_all(fleet, wanted)
    ours = [ask_all(fleet, wanted) for _ in range(repeats)]
    fleet.pool.close()
    try:
        peers.ansible(persist=True)
        ansible = [peers.ansible(persist=True) for _ in range(min(repeats, 2))]
    finally:
        peers.hang_up()
    rate, ms = (
        spread([hosts / t.seconds for t in ours])["median"],
        spread([1000 * t.cpu / hosts for t in ours])["median"],
    )
    told = {
        "hosts": hosts,
        "ours": figures(ours, hosts),
        "ansible raw with ControlPersist, forks 50": figures(ansible, hosts),
        "versions": peers.versions(),
    }
    report("sweep-warm", told, WARM, hosts == HOSTS and rate >= 400 and ms <= 1)  # type: ignore[operator]  # medians are numbers


def fleet(hosts: int) -> None:
    """Cold and warm without dead hosts, then cold with 5 % of them."""
    call_command("migrate", verbosity=0)
    told: dict[str, object] = {"hosts": hosts}
    for name, dead in (("all answer", 0.0), ("5 % are dead", 0.05)):
        told[name] = _fleet(hosts, dead)
    well, ill = told["all answer"], told["5 % are dead"]
    assert isinstance(well, dict) and isinstance(ill, dict)
    added = ill["cold seconds"] - well["cold seconds"]
    told["dead hosts add seconds"] = round(added, 1)
    fast = well["cold seconds"] <= 180 and well["warm seconds"] <= 30 and added <= 15
    met = hosts >= 10_000 and fast and max(well["MB"], ill["MB"]) <= 600
    report("sweep-fleet", told, FLEET, met)


def _fleet(hosts: int, dead: float) -> dict[str, float]:
    client = simulated.credential()
    shards = -(-hosts // 2500)
    with ExitStack() as doors:
        for shard in range(shards):
            first, last = hosts * shard // shards, hosts * (shard + 1) // shards
            more = ("--dead", str(dead), "--first", str(first), "--last", str(last))
            doors.enter_context(simulated.servers(hosts, 1, client.public_key, *more))
        simulated.load(hosts, 1, client, dead)
        enrol()
        asked = Fleet(32, 8, int(os.environ["REGROUP_FLEET_KEPT"]), 5)
        sweep._fleet = asked
        cold = _round(asked)
        warm = _round(asked)
        again = _round(asked)
        memory = _rss()
        kept = len(asked.pool)
        asked.pool.close()
    Host.objects.filter(simulated=True).delete()
    return {
        "cold seconds": round(cold.seconds, 1),
        "warm seconds": round(min(warm.seconds, again.seconds), 1),
        "cold CPU ms a host": round(1000 * cold.cpu / hosts, 2),
        "warm CPU ms a host": round(1000 * min(warm.cpu, again.cpu) / hosts, 2),
        "connections kept": kept,
        "MB": round(memory),
    }


def _round(asked: Fleet) -> Turn:
    HostNetwork.objects.update(next_at=timezone.now())
    before, start = cpu(), time.monotonic()
    asked.round()
    return Turn(time.monotonic() - start, cpu() - before)


def _rss() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.sweep")
    parser.add_argument("what", nargs="*", default=["cold", "warm", "fleet"])
    parser.add_argument("--hosts", type=int, default=HOSTS)
    parser.add_argument("--fleet-hosts", type=int, default=FLEET_HOSTS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--peers", type=Path, help="a folder that keeps the peers' environment for the next time")
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if {"cold", "warm"} & set(given.what):
        with ExitStack() as until_the_end:
            place, own = (Path(until_the_end.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
            servers = until_the_end.enter_context(sshds(place, given.hosts))
            peers = Peers(given.peers or own, servers)
            for name, bench in (("cold", cold), ("warm", warm)):
                if name in given.what:
                    bench(servers, peers, given.repeats)
    if "fleet" in given.what:
        fleet(given.fleet_hosts)


if __name__ == "__main__":
    sys.exit(main())
