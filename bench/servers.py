"""Real sshd processes on loopback, each on a port of its own, ended with the block."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONFIG = """
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/client.pub
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
MaxStartups 100
SetEnv SHLVL=2
LogLevel ERROR
"""


@dataclass(frozen=True)
class Servers:
    """Where they listen, the one host key's line, and the key that signs in."""

    ports: tuple[int, ...]
    host_line: str
    client_key: Path
    user: str


@contextmanager
def sshds(folder: Path, count: int) -> Iterator[Servers]:
    """`count` daemons. They share a host key, which costs nobody anything."""
    program = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        raise SystemExit("sshd is not installed (Debian: openssh-server)")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "config").write_text(CONFIG.format(folder=folder))
    ports = _free_ports(count)
    words = [program, "-D", "-f", str(folder / "config"), "-E", str(folder / "log")]
    running = [subprocess.Popen([*words, "-p", str(port)], stdin=subprocess.DEVNULL) for port in ports]
    try:
        for port in ports:
            _wait_for(port)
        line = " ".join((folder / "host.pub").read_text().split()[:2])
        yield Servers(ports, line, folder / "client", getpass.getuser())
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def _free_ports(count: int) -> tuple[int, ...]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(probe.getsockname()[1] for probe in probes)
    for probe in probes:
        probe.close()
    return ports


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
