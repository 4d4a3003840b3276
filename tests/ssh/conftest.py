"""A real sshd on loopback, started by the test as the user who runs it, ended by its own pid."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ssh.command import Command, Secret
from ssh.detached import Place, Probe, State, Ticket, prepare, probe
from ssh.hostkeys import PinnedKey, parse_public_key
from ssh.paramiko_session import ParamikoSession, Target, connect

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")

# SHLVL: bash reads a user's ~/.bashrc when sshd starts it, unless it looks nested.
CONFIG = """
Port {port}
ListenAddress 127.0.0.1
PidFile {folder}/pid
AuthorizedKeysFile {folder}/authorized_keys
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 100
MaxSessions 200
SetEnv SHLVL=2
LogLevel VERBOSE
{host_keys}
{extra}
"""


@dataclass(frozen=True)
class Sshd:
    """A running server: where it listens, its keys by type, the client's key, its log."""

    port: int
    folder: Path
    keys: dict[str, PinnedKey]
    client_key: Path

    @property
    def target(self) -> Target:
        """Signs in with the right key, trusting the server's first key."""
        return Target(
            name="loopback",
            address="127.0.0.1",
            port=self.port,
            user=getpass.getuser(),
            host_keys=(next(iter(self.keys.values())),),
            key_text=Secret(self.client_key.read_text()),
            connect_timeout=15,
        )

    def log(self) -> str:
        return (self.folder / "log").read_text()


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", str(path)], check=True)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_sshd(folder: Path, kinds: tuple[str, ...] = ("ed25519",), extra: str = "") -> Iterator[Sshd]:
    if SSHD is None:
        pytest.skip("sshd is not installed (Debian: openssh-server)")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    host_keys = {kind: make_key(folder / f"host_{kind}", kind) for kind in kinds}
    client_key = make_key(folder / "client")
    shutil.copy(folder / "client.pub", folder / "authorized_keys")
    port = free_port()
    (folder / "config").write_text(
        CONFIG.format(
            port=port,
            folder=folder,
            extra=extra,
            host_keys="\n".join(f"HostKey {path}" for path in host_keys.values()),
        )
    )
    process = subprocess.Popen(
        [SSHD, "-D", "-f", str(folder / "config"), "-E", str(folder / "log")], stdin=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        public = {kind: parse_public_key(Path(f"{path}.pub").read_text()) for kind, path in host_keys.items()}
        yield Sshd(port, folder, public, client_key)
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd"), ("ed25519", "ecdsa", "rsa")) as server:
        yield server


@pytest.fixture
def session(sshd: Sshd) -> Iterator[ParamikoSession]:
    with connect(sshd.target) as opened:
        yield opened


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A directory of ours on the "host", reached as the user who signs in."""
    return Place(root=f"{tmp_path}/host", sudo=False)


@pytest.fixture
def ticket(session: ParamikoSession, place: Place) -> Ticket:
    """An attempt that nobody has started, on a prepared host."""
    prepare(session, place)
    return Ticket(run=f"R{uuid.uuid4().hex[:8]}", step="import", attempt=1, fence=5, place=place)


def until(session: ParamikoSession, ticket: Ticket, *states: State, seconds: float = 60) -> Probe:
    """Probe until the attempt is in one of these states. Fails the test where it is not in time."""
    deadline = time.monotonic() + seconds
    while True:
        seen = probe(session, ticket)
        if seen.state in states:
            return seen
        assert time.monotonic() < deadline, f"still {seen.state} after {seconds} seconds"
        time.sleep(0.05)


def sh(script: str, *, stdin: str | Secret = "", timeout: float = 120) -> Command:
    """A command of one shell script."""
    return Command(("sh", "-c", script), stdin=stdin, timeout=timeout)


def wait_until(condition: Callable[[], object], within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} seconds"
        time.sleep(0.02)


def runner_pid(ticket: Ticket) -> int:
    """The process that runs a step, once it has begun."""
    started = Path(ticket.directory) / "started"
    wait_until(started.exists)
    return int(dict(word.split("=") for word in started.read_text().split())["pid"])
