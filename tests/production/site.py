"""The services of docker-compose.yml as processes of this machine: its own commands, on a PostgreSQL and a Redis."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests.config.conftest import PROJECT, free_port
from tests.production.servers import servers, why_not

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
EVERYWHERE = "0.0.0.0"  # noqa: S104  # what the container listens on; here it is never used
RUNS = ("first", "second")
"""The host names of the two containers of the service that runs changes."""


class Site:
    """The services that run, by name, and the environment that they share."""

    def __init__(self, folder: Path, environment: dict[str, str], database: str, port: int) -> None:
        self.folder, self.environment, self.database, self.port = folder, environment, database, port
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.orphans: list[psutil.Process] = []

    def words(self, text: list[str]) -> list[str]:
        """Words of the compose file for this machine: our interpreter, our port, loopback."""
        own = {"python": [sys.executable], "celery": [sys.executable, "-m", "celery"]}
        words = [word.replace("8420", str(self.port)).replace(EVERYWHERE, "127.0.0.1") for word in text]
        return [*own.get(words[0], words[:1]), *words[1:]]

    def command(self, service: str) -> list[str]:
        return self.words(COMPOSE[service]["command"])

    def run(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return self._run(self.words(list(words)), text)

    def _run(self, words: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, env=self.environment, cwd=PROJECT, capture_output=True, text=True, input=text)

    def start(self, service: str, name: str = "") -> None:
        """`name` is the container's host name, which the node is called after; beat and web have none."""
        words = [word.replace("%h", name or service) for word in self.command(service)]
        with (self.folder / f"{name or service}.log").open("wb") as log:
            process = subprocess.Popen(words, env=self.environment, cwd=PROJECT, stdout=log, stderr=log)
        self.processes[name or service] = process

    def is_well(self, service: str, name: str = "") -> bool:
        """What the service's own health check says."""
        kind, *words = COMPOSE[service]["healthcheck"]["test"]
        if kind == "CMD":
            return self.run(*words).returncode == 0
        assert kind == "CMD-SHELL"
        line = words[0].replace("$$(hostname)", name or service).replace("celery ", f"{sys.executable} -m celery ", 1)
        return self._run(["sh", "-c", line]).returncode == 0

    def bring_up(self) -> None:
        """As Compose does: the one-off migrate, then the services, web's styles being collected in the image."""
        done = self._run(self.command("migrate"))
        assert done.returncode == 0, done.stderr
        assert self.run("python", "manage.py", "collectstatic", "--noinput", "-v0").returncode == 0
        for service in ("web", "sweeps", "fleet", "beat"):
            self.start(service)
        for name in RUNS:
            self.start("runs", name)

    def children(self, name: str) -> list[psutil.Process]:
        """The processes that a service made: a worker's pool."""
        return psutil.Process(self.processes[name].pid).children(recursive=True)

    def kill(self, name: str) -> int:
        """kill -9 of a service and all its processes; how many there were."""
        children = self.children(name)
        self.kill_main(name)
        return 1 + kill_all(children)

    def kill_pool(self, name: str) -> int:
        """kill -9 of what a service made, which its first process then makes anew; how many there were."""
        return kill_all(self.children(name))

    def kill_main(self, name: str) -> None:
        """kill -9 of a service's first process alone; what it made ends by itself, or at the latest with the site."""
        self.orphans += self.children(name)
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def end(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        kill_all(self.orphans)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


def kill_all(processes: list[psutil.Process]) -> int:
    """kill -9 of each that still runs; how many did."""
    killed = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            killed += 1
    return killed


@contextlib.contextmanager
def composed(folder: Path, **settings: str) -> Iterator[Site]:
    """Every service up, two of those that run changes, until the block ends; secrets stand in files alone.

    `settings` are further variables of the services' environment. Where the servers are not installed the test is
    skipped with the reason; in CI it fails.
    """
    if reason := why_not():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with servers() as (database, queue):
        secrets = {"SECRET_KEY": "a key" * 12, "DATABASE_URL": database, "REDIS_URL": queue}
        for name, value in secrets.items():
            (folder / name).write_text(value + "\n")
        given = {f"REGROUP_{name}_FILE": str(folder / name) for name in secrets}
        given |= {"REGROUP_STATE": str(folder / "state"), "REGROUP_HOSTS": "regroup.example.org,127.0.0.1"}
        given |= {"REGROUP_HTTPS": "1", "REGROUP_SWEEP": "1", "REGROUP_ORIGINS": "https://regroup.example.org"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("REGROUP_")}
        running = Site(folder, {**inherited, **given, **settings}, database, free_port())
        try:
            running.bring_up()
            yield running
        finally:
            running.end()
