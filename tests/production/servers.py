"""A PostgreSQL and a Redis of one's own, from Debian's packages: on loopback, in a new directory, ended with it.

``python -m tests.production.servers COMMAND …`` runs a command with REGROUP_DATABASE_URL and REGROUP_REDIS_URL set to
them and ends with its exit code.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.config.conftest import free_port, until

DEBIAN = Path("/usr/lib/postgresql")


def why_not() -> str:
    """What is missing on this machine, as a sentence; empty if nothing is."""
    absent = [name for name, found in (("postgresql", _initdb()), ("redis-tools", _redis_program())) if not found]
    return f"Debian's {' and '.join(absent)} is not installed: sh scripts/debian.sh need servers" if absent else ""


def _initdb() -> str:
    newest = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return str(newest[-1]) if newest else shutil.which("initdb") or ""


def _redis_program() -> str:
    """The server; in Debian it and redis-check-rdb are one program, which asks its own name what it is to be.

    Installing redis-tools alone brings it without a service that starts by itself, and without a `redis-server` on
    the PATH, which `regroup up` would take up.
    """
    return shutil.which("redis-server") or shutil.which("redis-check-rdb") or ""


def _as_user() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


class Postgres:
    """An empty database `regroup`, on a port that stays the same; with `fsync` what it commits survives a power cut."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.options = "-c max_connections=200" if fsync else "-c fsync=off"
        self.folder, self.bin, self.port = folder, Path(_initdb()).parent, free_port()
        self.url = f"postgres://regroup@127.0.0.1:{self.port}/regroup"
        folder.mkdir(parents=True)
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        data, words = str(folder / "data"), ("-A", "trust", "-U", "regroup", "-E", "UTF8", "--locale=C.UTF-8")
        self._run("initdb", "-D", data, *words, "--no-sync")
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "regroup", "regroup")

    def copy(self, name: str) -> str:
        """The URL of another database that is as `regroup` is now; nobody may be connected to that."""
        words = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "regroup")
        self._run("createdb", *words, "-T", "regroup", name)
        return f"{self.url.rpartition('/')[0]}/{name}"

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        self._control("-l", str(self.folder / "log"), "-w", "start", "-o", f"{options} {self.options}")

    def stop(self, how: str = "immediate") -> None:
        """immediate: as if it were killed; fast: whoever is connected is thrown out."""
        self._control("-m", how, "-w", "stop")

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), *words)

    def _run(self, program: str, *words: str) -> None:
        line = [*_as_user(), str(self.bin / program), *words]
        done = subprocess.run(line, capture_output=True, text=True, cwd=self.folder)
        if done.returncode:
            said = self.folder / "log"
            log = said.read_text() if said.exists() else ""
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr or done.stdout} {log[-500:]}")


class Redis:
    """An empty Redis without a disk, on a port that stays the same."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder, self.port = folder, port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        folder.mkdir(parents=True)
        self.start()

    def start(self) -> None:
        """Begins empty, however it ended."""
        words = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        path = self.folder / "log"
        with path.open("wb") as log:
            program = _redis_program()
            self.process = subprocess.Popen(
                [*words, "--dir", str(self.folder)], executable=program, stdout=log, stderr=log
            )
        if not until(lambda: b"Ready to accept connections" in path.read_bytes(), 60):
            raise RuntimeError(f"{program} did not start: {path.read_text()[-500:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


@contextlib.contextmanager
def redis(folder: Path, port: int = 0) -> Iterator[str]:
    """The URL of an empty Redis, on a port of the caller's where another one was before."""
    server = Redis(folder, port)
    try:
        yield server.url
    finally:
        server.stop()


@contextlib.contextmanager
def both() -> Iterator[tuple[Postgres, Redis]]:
    """A PostgreSQL and a Redis, both empty.

    Their directory is none of pytest's: PostgreSQL's own user has to pass, and every session of pytest that begins
    closes the directory above all of them to others.
    """
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        with contextlib.ExitStack() as running:
            database = Postgres(folder / "postgres")
            running.callback(database.stop)
            queue = Redis(folder / "redis")
            running.callback(queue.stop)
            yield database, queue
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """The URLs of both."""
    with both() as (database, queue):
        yield database.url, queue.url


def main(words: list[str]) -> int:
    if reason := why_not():
        print(reason, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with servers() as (database, queue):
        settings = {"REGROUP_DATABASE_URL": database, "REGROUP_REDIS_URL": queue}
        return subprocess.run(words, env={**os.environ, **settings}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
