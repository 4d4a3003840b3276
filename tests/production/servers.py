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


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of an empty database `regroup`."""
    bin_, port, data = Path(_initdb()).parent, free_port(), folder / "data"
    folder.mkdir(parents=True)
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    said = folder / "log"

    def run(*words: str) -> None:
        done = subprocess.run([*_as_user(), *words], capture_output=True, text=True, cwd=folder)
        if done.returncode:
            log = said.read_text() if said.exists() else ""
            raise RuntimeError(f"{words[0]} ended with {done.returncode}: {done.stderr or done.stdout} {log[-500:]}")

    run(
        f"{bin_}/initdb", "-D", str(data), "-A", "trust", "-U", "regroup", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
    )
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
    control = (f"{bin_}/pg_ctl", "-D", str(data))
    run(*control, "-l", str(said), "-w", "start", "-o", options)
    try:
        run(f"{bin_}/createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "regroup", "regroup")
        yield f"postgres://regroup@127.0.0.1:{port}/regroup"
    finally:
        run(*control, "-m", "immediate", "stop")


@contextlib.contextmanager
def redis(folder: Path, port: int = 0) -> Iterator[str]:
    """The URL of an empty Redis, on a port of the caller's where another one was before."""
    folder.mkdir(parents=True)
    port = port or free_port()
    words = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with (folder / "log").open("wb") as log:
        program = _redis_program()
        process = subprocess.Popen([*words, "--dir", str(folder)], executable=program, stdout=log, stderr=log)
    try:
        if not until(lambda: b"Ready to accept connections" in (folder / "log").read_bytes(), 60):
            raise RuntimeError(f"{program} did not start: {(folder / 'log').read_text()[-500:]}")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(60)


@contextlib.contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """The URLs of an empty PostgreSQL and an empty Redis.

    Their directory is none of pytest's: PostgreSQL's own user has to pass, and every session of pytest that begins
    closes the directory above all of them to others.
    """
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        with postgres(folder / "postgres") as database, redis(folder / "redis") as queue:
            yield database, queue
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
