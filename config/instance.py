"""One Regroup per state directory: the lock, the port, and what an earlier crash left behind."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

QUEUE_KEEPS = 600.0
"""Seconds that a delivered hint's file is kept; the queue of files is a doorbell, not a record."""


class CannotStart(Exception):
    """Regroup cannot start here; the message is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Running:
    """What the running instance says of itself, kept in `up.lock` for others to read."""

    pid: int
    url: str
    broker: str


class Instance:
    """The hold of one `regroup up` on a state directory; freed by the kernel however the process ends."""

    def __init__(self, state: Path) -> None:
        self._path = state / "up.lock"
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock; CannotStart names the one who has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        file = os.fdopen(descriptor, "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            other = running(self._path.parent)
            where = f" as pid {other.pid} at {other.url}" if other else ""
            raise CannotStart(
                f"Regroup already runs here{where}. End that one first (Ctrl-C where it was started), "
                "or name another directory in REGROUP_STATE and another port in REGROUP_PORT."
            ) from None
        self._file = file

    def tell(self, told: Running) -> None:
        """Write for others who we are and where."""
        if self._file:
            self._file.seek(0)
            self._file.truncate()
            json.dump(asdict(told), self._file)
            self._file.flush()

    def free(self) -> None:
        """Let the next one start; for the process that took the lock."""
        if self._file:
            self._file.truncate(0)
            self.forget()

    def forget(self) -> None:
        """In a fork: close our copy, else the lock would outlive the one who took it."""
        if self._file:
            self._file.close()
            self._file = None


def running(state: Path) -> Running | None:
    """The instance that holds `state` now, or None."""
    try:
        with (state / "up.lock").open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Running(**json.load(file))
    except (OSError, ValueError, TypeError):
        pass
    return None


def require_writable(state: Path) -> None:
    """Make the state directory private and prove that we can write in it; CannotStart if not."""
    try:
        if state.stat().st_uid == os.geteuid():
            state.chmod(0o700)
        with tempfile.TemporaryFile(dir=state):
            pass
    except OSError as error:
        raise CannotStart(
            f"The state directory {state} cannot be written: {error.strerror}. "
            "Give it to the user who runs Regroup, or name another in REGROUP_STATE."
        ) from None


def require_port(port: int) -> None:
    """CannotStart if nobody can listen on 127.0.0.1:`port` now, with who does if that can be known."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CannotStart(
                f"Only root may listen on port {port}; choose one from 1024 on, for example REGROUP_PORT=8420."
            ) from None
        except OSError:
            who = listener(port)
            by = f" by {who}" if who else ""
            raise CannotStart(
                f"Port {port} is taken{by}. Choose another, for example REGROUP_PORT={port + 1}."
            ) from None


def listener(port: int) -> str:
    """Who listens on TCP `port`, as "nginx (pid 123)"; empty where the kernel does not tell us."""
    inodes = set(_listening_inodes(port))
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if any(_link(file) in inodes for file in (entry / "fd").iterdir()):
                return f"{(entry / 'comm').read_text().strip()} (pid {entry.name})"
        except OSError:
            continue  # it has ended, or belongs to somebody else
    return ""


def _link(file: Path) -> str:
    try:
        return os.readlink(file)
    except OSError:
        return ""  # closed meanwhile


def _listening_inodes(port: int) -> list[str]:
    """As fd links name them, "socket:[4711]". Lines: "0: 0100007F:20E4 00000000:0000 0A … inode"."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for words in map(str.split, lines):
            if words[3] == "0A" and int(words[1].rsplit(":", 1)[1], 16) == port:
                found.append(f"socket:[{words[9]}]")
    return found


def clean_leftovers(state: Path) -> None:
    """Remove what a crash left: sockets nobody answers, hints (the janitor makes new ones), half files."""
    for socket_file in (state / "redis").glob("*.sock"):
        socket_file.unlink(missing_ok=True)
    for hint in (state / "queue").glob("*.msg"):
        hint.unlink(missing_ok=True)
    prune_queue(state, older_than=0.0)


def prune_queue(state: Path, older_than: float = QUEUE_KEEPS) -> int:
    """Remove delivered hints of the queue of files; returns how many."""
    limit = time.time() - older_than
    count = 0
    for file in (state / "queue" / "processed").glob("*"):
        try:
            if file.stat().st_mtime <= limit:
                file.unlink()
                count += 1
        except FileNotFoundError:
            pass
    return count
