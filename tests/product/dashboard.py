"""A whole Regroup with the demo's people and hosts: real processes, real hosts. Two stacks, one face.

`Embedded` is what `make demo` starts: one command, SQLite, a queue of files, a supervisor over forks. `Composed` is
production: the services of docker-compose.yml as processes of their own, on PostgreSQL and Redis.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from lab import Host, Lab
from tests.config.conftest import ENDS_WITH_US, PROJECT, command_line, free_port, until
from tests.production.site import RUNS, Site, composed, kill_all

READY_WITHIN = 300.0
QUICK = {"REGROUP_LEASE": "4", "REGROUP_HEARTBEAT": "1", "REGROUP_SWEEP": "1", "REGROUP_DEMO_HOSTS": "app01 app02"}
"""Short leases, so that ten killed workers do not take ten times half a minute, and the recovery's hosts alone."""

ISSUE_TOKEN = """
from people.models import User
from people.services import token_issue
import sys, secrets
print(token_issue(User.objects.get(username=sys.argv[-1]), secrets.token_hex(4))[1])
"""

LOAD = """
from pathlib import Path
from config.demo import load
load({told!r}, Path({state!r}))
"""

STATUS = "SELECT status FROM changes_change WHERE id = {number}"
WORKED_ON = """
SELECT step.phase || ':' || step.key FROM execution_steprun step
JOIN execution_run run ON run.id = step.run_id AND run.phase = step.phase
WHERE run.change_id = {number} AND step.state IN ('checking', 'running', 'verifying') LIMIT 1
"""


class Refused(Exception):
    """The API said no: status and problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('detail')} {problem.get('errors')}")
        self.status, self.problem = status, problem


@dataclass
class Dashboard:
    """One that runs, whatever it runs on: what its people ask and do, and a look into its rows to time a kill by."""

    url: str
    state: Path
    environment: dict[str, str]
    lab: Lab

    def __post_init__(self) -> None:
        self._tokens: dict[str, str] = {}

    def headers(self) -> dict[str, str]:
        """What a proxy in front would add."""
        return {}

    def one(self, sql: str) -> tuple[str, ...] | None:
        """The first row that the database answers with."""
        raise NotImplementedError

    def kill_workers(self) -> int:
        """SIGKILL for those who run changes; how many processes there were."""
        raise NotImplementedError

    def host(self, name: str) -> Host:
        return self.lab.host(name)

    def password(self, name: str) -> str:
        signins: dict[str, str] = json.loads((self.state / "demo_signins").read_text())
        return signins[name]

    def backup(self, scenario: str = "story") -> Path:
        return self.lab.backup_path(scenario)

    def api(self, who: str, path: str, body: dict[str, Any] | None = None, *, post: bool = False) -> Any:
        """One call as that person; raises Refused."""
        data = json.dumps(body or {}).encode() if post or body is not None else None
        headers = self.headers() | {"Authorization": f"Bearer {self._token(who)}", "Content-Type": "application/json"}
        call = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers)
        try:
            with urllib.request.urlopen(call, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.loads(error.read() or b"{}")) from error

    def act(self, who: str, number: int, action: str, **body: Any) -> Any:
        return self.api(who, f"/changes/{number}/{action}", body, post=True)

    def change(self, number: int) -> Any:
        return self.api("vera", f"/changes/{number}")

    def until(self, number: int, *states: str, within: float = 180.0) -> Any:
        """The change once it is in one of the states; fails with what it is in instead."""
        end = time.monotonic() + within
        while True:
            state, step = self.glance(number)
            if state in states:
                return self.change(number)
            assert time.monotonic() < end, f"#{number} is {state} at {step}, not {states}"
            time.sleep(0.2)

    def log(self, number: int) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        while True:
            page = self.api("vera", f"/changes/{number}/log?after={lines[-1]['seq'] if lines else 0}")
            lines += page["lines"]
            if not page["lines"] or lines[-1]["seq"] >= page["last_seq"]:
                return lines

    def glance(self, number: int) -> tuple[str, str]:
        """State of a change, and `phase:key` of the step that is being worked on: a cheap look to time a kill by."""
        state = self.one(STATUS.format(number=number))
        assert state is not None
        step = self.one(WORKED_ON.format(number=number))
        return state[0], step[0] if step else ""

    def manage(self, *words: str) -> str:
        """One `manage.py` command in this dashboard's environment."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _token(self, who: str) -> str:
        if who not in self._tokens:
            self._tokens[who] = self.manage(
                "shell", "-v", "0", "-c", ISSUE_TOKEN.replace("sys.argv[-1]", repr(who))
            ).split()[-1]
        return self._tokens[who]


@dataclass
class Embedded(Dashboard):
    """Under `manage.py regroup up`, which starts again what was killed."""

    process: subprocess.Popen[bytes]

    def one(self, sql: str) -> tuple[str, ...] | None:
        # Not mode=ro: a worker killed while it commits leaves its journal, and whoever looks next has to roll it back.
        with closing(sqlite3.connect(f"file:{self.state}/regroup.sqlite3?mode=rw", uri=True, timeout=20)) as rows:
            row: tuple[str, ...] | None = rows.execute(sql).fetchone()
        return row

    def kill_workers(self) -> int:
        """The worker's main process and its pool, all at once."""
        return self._kill("regroup: celery runs")

    def kill_everything(self) -> int:
        """Web, workers and beat, all at once: what is left is the supervisor, and the lab."""
        return self._kill("regroup: ")

    def _kill(self, start: str) -> int:
        family = psutil.Process(self.process.pid).children(recursive=True)
        return kill_all([one for one in family if command_line(one).startswith(start)])


@dataclass
class Composed(Dashboard):
    """Services of their own; whoever is killed as a whole is started again, as Compose's `restart` does."""

    site: Site
    rows: psycopg.Connection[tuple[str, ...]]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._way = itertools.cycle([self.site.kill_pool, self._kill_main, self._kill_whole])

    def headers(self) -> dict[str, str]:
        return {"X-Forwarded-Proto": "https"}

    def one(self, sql: str) -> tuple[str, ...] | None:
        return self.rows.execute(sql).fetchone()

    def kill_workers(self) -> int:
        """Of both workers: the pool, the next time the main process, the time after that all of it."""
        kill = next(self._way)
        return sum([kill(name) for name in RUNS])

    def _kill_main(self, name: str) -> int:
        """Its pool finishes what it does, and a new worker runs beside it."""
        self.site.kill_main(name)
        self.site.start("runs", name)
        return 1

    def _kill_whole(self, name: str) -> int:
        killed = self.site.kill(name)
        self.site.start("runs", name)
        return killed


@contextmanager
def demo(state: Path, extra: dict[str, str] | None = None) -> Iterator[Embedded]:
    """`manage.py regroup up --demo` with a state directory of its own, until the block ends."""
    port, ready = free_port(), state / "ready"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("REGROUP_", "DJANGO_"))},
        "REGROUP_STATE": str(state),
        **(extra or {}),
    }
    words = ["manage.py", "regroup", "up", "--demo", "--port", str(port), "--once-ready-file", str(ready)]
    log = state.parent / f"{state.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*ENDS_WITH_US, sys.executable, *words],
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: ready.exists() or process.poll() is not None, READY_WITHIN)
        assert ready.exists(), log.read_text()
        yield Embedded(f"http://127.0.0.1:{port}", state, environment, Lab(state / "lab"), process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            process.kill()


@contextmanager
def production(folder: Path, lab: Lab, *hosts: str, **settings: str) -> Iterator[Composed]:
    """The services of docker-compose.yml, with the demo's people and these of the lab's hosts, until the block ends."""
    with composed(folder, **settings) as site:
        state = folder / "state"
        for name in hosts:
            lab.start(name)
        told = lab.inventory()
        told["hosts"] = [row for row in told["hosts"] if row["name"] in hosts]
        loaded = site.run("python", "manage.py", "shell", text=LOAD.format(told=told, state=str(state)))
        assert loaded.returncode == 0, loaded.stderr
        try:
            with closing(psycopg.connect(site.database, autocommit=True)) as rows:
                yield Composed(f"http://127.0.0.1:{site.port}", state, site.environment, lab, site, rows)
        finally:
            lab.stop()
