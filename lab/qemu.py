"""One QEMU process and its control socket (QMP). Standard library only.

`Qmp` is a short conversation: connect, ask, leave, because QEMU answers one client at a time and
several processes (a test, the dashboard's worker, a person's shell) may want to talk to the same VM.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab.errors import LabError

QEMU = "qemu-system-x86_64"


class QmpError(LabError):
    """QEMU refused a command; the message is QEMU's own."""


class Qmp:
    """A conversation over a QMP unix socket; use as a context manager.

    `directory` holds the socket `qmp.sock`. Waits up to `patience` seconds for its turn and raises
    LabError when the VM does not answer by then.
    """

    def __init__(self, directory: Path, patience: float = 15.0) -> None:
        self._directory = directory
        self._patience = patience
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Qmp:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self._open(max(0.2, deadline - time.monotonic()))
                return self
            except (OSError, ValueError) as error:
                if time.monotonic() > deadline:
                    raise LabError(f"the VM in {self._directory} does not answer on its QMP socket") from error
                time.sleep(0.05)

    def __exit__(self, *exc_info: object) -> None:
        self._lines.close()
        self._socket.close()

    def _open(self, timeout: float) -> None:
        folder = os.open(self._directory, os.O_PATH)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        try:
            # A socket's path may have 107 bytes and a test's folder is often deeper.
            connection.connect(f"/proc/self/fd/{folder}/qmp.sock")
            self._socket, self._lines = connection, connection.makefile("rb")
            if "QMP" not in json.loads(self._lines.readline()):
                raise ValueError("no QMP greeting")
            self.execute("qmp_capabilities")
            connection.settimeout(60)
        except BaseException:
            connection.close()
            raise
        finally:
            os.close(folder)

    def execute(self, command: str, **arguments: Any) -> Any:
        """Run one QMP command and return its answer; QmpError when QEMU refuses it."""
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            message = self._read()
            if "return" in message:
                return message["return"]
            if "error" in message:
                raise QmpError(f"QEMU refused {command}: {message['error']['desc']}")
            self.events.append(message)

    def wait_event(self, name: str, timeout: float, **data: str) -> None:
        """Return once the event `name` with this `data` has come; LabError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not any(_matches(event, name, data) for event in self.events):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise LabError(f"QEMU did not report {name} {data} within {timeout:.0f} s")
            self._socket.settimeout(remaining)
            with contextlib.suppress(TimeoutError):
                self.events.append(self._read())
        self._socket.settimeout(60)

    def _read(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise LabError("QEMU closed its QMP socket")
        message: dict[str, Any] = json.loads(line)
        return message


def _matches(event: dict[str, Any], name: str, data: dict[str, str]) -> bool:
    return event.get("event") == name and data.items() <= event.get("data", {}).items()


# ----------------------------------------------------------------------------------------- process


@dataclass(frozen=True)
class ProcessMark:
    """A process that can be told from a later one with the same number: its pid and start time (ticks)."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> ProcessMark:
        """The mark of a process that lives now; ProcessLookupError if it does not."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError as error:
            raise ProcessLookupError(pid) from error
        if fields[0] in "ZX":
            raise ProcessLookupError(pid)
        return cls(pid, int(fields[19]))

    @classmethod
    def load(cls, path: Path) -> ProcessMark | None:
        """The mark saved at `path` if that very process still lives, else None."""
        try:
            mark = cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return mark if mark.alive() else None

    def save(self, path: Path) -> None:
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(asdict(self)))
        part.rename(path)

    def alive(self) -> bool:
        try:
            return ProcessMark.of(self.pid) == self
        except ProcessLookupError:
            return False

    def end(self, patience: float = 5.0) -> None:
        """Ask the process to end, and after `patience` seconds make it; no other process is touched."""
        for sig, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            if not self.alive():
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)
            deadline = time.monotonic() + wait
            while self.alive() and time.monotonic() < deadline:
                _reap(self.pid)
                time.sleep(0.02)


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def start_qemu(arguments: Sequence[str], directory: Path, max_life: float, die_with_parent: bool) -> ProcessMark:
    """Start QEMU in `directory` (its console.log, qemu.log, qmp.sock and pid file are there).

    It ends by itself after `max_life` seconds and, with `die_with_parent`, when the thread that called
    this ends, however that happens. The recorded process is the keeper (`timeout`) that QEMU dies with.
    LabError with QEMU's own words when it does not start.
    """
    for name in ("qmp.sock", "pid"):
        (directory / name).unlink(missing_ok=True)
    keeper = ["setpriv", "--pdeathsig", "TERM"] if die_with_parent else []
    keeper += ["timeout", "--kill-after=5", str(int(max_life)), "setpriv", "--pdeathsig", "KILL"]
    control = ["-qmp", "unix:qmp.sock,server=on,wait=off", "-serial", "file:console.log"]
    mark = spawn(["env", "--chdir", str(directory), *keeper, QEMU, *arguments, *control], directory / "qemu.log")
    mark.save(directory / "pid")
    deadline = time.monotonic() + 20
    while not (directory / "qmp.sock").exists():
        if not mark.alive() or time.monotonic() > deadline:
            mark.end()
            raise LabError(f"QEMU did not start: {(directory / 'qemu.log').read_text().strip()[-600:]}")
        time.sleep(0.02)
    return mark


def spawn(words: list[str], log: Path) -> ProcessMark:
    """Start a program in a session of its own, its output in `log`; nobody has to wait for it."""
    output = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), output, (os.POSIX_SPAWN_DUP2, 1, 2)]
    return ProcessMark.of(os.posix_spawnp(words[0], words, os.environ, file_actions=actions, setsid=True))


@contextlib.contextmanager
def running_qemu(arguments: Sequence[str], directory: Path, max_life: float) -> Iterator[ProcessMark]:
    """A QEMU that lives as long as the block."""
    mark = start_qemu(arguments, directory, max_life, die_with_parent=True)
    try:
        yield mark
    finally:
        mark.end()


def wait_ended(mark: ProcessMark, timeout: float) -> bool:
    """True when the process ended by itself within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while mark.alive():
        if time.monotonic() > deadline:
            return False
        _reap(mark.pid)
        time.sleep(0.1)
    return True
