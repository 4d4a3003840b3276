"""A whole Regroup with its demo, as `make demo` starts it: real processes, real hosts."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from lab import Host, Lab

PROJECT = Path(__file__).resolve().parents[2]
READY_WITHIN = 300.0
QUICK = {"REGROUP_LEASE": "4", "REGROUP_HEARTBEAT": "1", "REGROUP_SWEEP": "1", "REGROUP_DEMO_HOSTS": "app01 app02"}
"""Short leases, so that ten killed workers do not take ten times half a minute, and the recovery's hosts alone."""

ISSUE_TOKEN = """
from people.models import User
from people.services import token_issue
import sys, secrets
print(token_issue(User.objects.get(username=sys.argv[-1]), secrets.token_hex(4))[1])
"""


class Refused(Exception):
    """The API said no: status and problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('detail')} {problem.get('errors')}")
        self.status, self.problem = status, problem


@dataclass
class Dashboard:
    url: str
    state: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def __post_init__(self) -> None:
        self._tokens: dict[str, str] = {}

    @property
    def lab(self) -> Lab:
        return Lab(self.state / "lab")

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
        headers = {"Authorization": f"Bearer {self._token(who)}", "Content-Type": "application/json"}
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
        # Not mode=ro: a worker killed while it commits leaves its journal, and whoever looks next has to roll it back.
        with closing(sqlite3.connect(f"file:{self.state}/regroup.sqlite3?mode=rw", uri=True, timeout=20)) as rows:
            (state,) = rows.execute("SELECT status FROM changes_change WHERE id = ?", (number,)).fetchone()
            step = rows.execute(
                "SELECT step.phase || ':' || step.key FROM execution_steprun step JOIN execution_run run"
                " ON run.id = step.run_id AND run.phase = step.phase"
                " WHERE run.change_id = ? AND step.state IN ('checking', 'running', 'verifying') LIMIT 1",
                (number,),
            ).fetchone()
        return state, step[0] if step else ""

    def workers(self) -> list[psutil.Process]:
        """Main process and pool of the worker that runs changes."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        return [p for p in family if _words(p).find("celery") >= 0 and " runs" in _words(p)]

    def kill_workers(self) -> int:
        """SIGKILL for the worker and its pool, all at once; how many there were."""
        killed = self.workers()
        for process in killed:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        return len(killed)

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


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def demo(state: Path, extra: dict[str, str] | None = None) -> Iterator[Dashboard]:
    """`manage.py regroup up --demo` with a state directory of its own, until the block ends."""
    port, ready = free_port(), state / "ready"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("REGROUP_", "DJANGO_"))},
        "REGROUP_STATE": str(state),
        **(extra or {}),
    }
    words = [
        sys.executable,
        "manage.py",
        "regroup",
        "up",
        "--demo",
        "--port",
        str(port),
        "--once-ready-file",
        str(ready),
    ]
    log = (state.parent / f"{state.name}.log").open("wb")
    process = subprocess.Popen(words, cwd=PROJECT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(lambda: ready.exists() or process.poll() is not None, READY_WITHIN)
        assert process.poll() is None, Path(log.name).read_text()
        yield Dashboard(f"http://127.0.0.1:{port}", state, process, environment)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            process.kill()
            log.close()


def _wait(condition: Callable[[], bool], within: float) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"not within {within} s"
        time.sleep(0.1)
