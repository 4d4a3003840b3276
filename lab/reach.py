"""Reach a lab host over SSH with the system's own `ssh`, its key pinned from the build."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab import kept
from lab.errors import LabError
from lab.recipe import USER

ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Door:
    """How one running host is entered: port on loopback, private key, file with its pinned host key."""

    port: int
    private_key: Path
    known_hosts: Path

    def words(self) -> list[str]:
        """The `ssh` command line up to the remote command."""
        options = {
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": str(self.known_hosts),
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "KexAlgorithms": "curve25519-sha256",  # OpenSSH's usual one takes a host without KVM longer
            "LogLevel": "ERROR",
            "ConnectTimeout": "20",
        }
        given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return [
            "ssh",
            "-F",
            "none",
            "-i",
            str(self.private_key),
            *given,
            "-p",
            str(self.port),
            f"{USER}@{ADDRESS}",
        ]

    def pin(self, host_key: str) -> None:
        """Write the known_hosts file: this host key ("ssh-ed25519 AAAA…") and no other."""
        self.known_hosts.write_text(f"[{ADDRESS}]:{self.port} {host_key}\n")

    def run(
        self, command: str, stdin: str = "", timeout: float = 60, anew: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` in the guest's shell as the login user; the exit code is left to the caller.

        Over the connection that stands (kept.py), or by a login of its own where `anew`.
        """
        ssh, *rest = self.words()
        words = [ssh, *([] if anew else kept.options(self.port)), *rest, command]
        try:
            done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"no end of {command!r} in the lab host within {timeout:.0f} s") from error
        if anew or not kept.lost(done):
            return done
        self.part()
        return self.run(command, stdin, timeout, anew=True)

    def part(self) -> None:
        """Close the connection that stands: the host ends or restarts."""
        kept.close(self.port)

    def run_answering(self, command: str, reply: Callable[[], str], timeout: float) -> subprocess.CompletedProcess[str]:
        """As `run`, for a command that prints one line and then reads one: `reply` is called in between."""
        words = ["timeout", f"{timeout:.0f}", *self.words(), command]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
            first = process.stdout.readline() if process.stdout else ""
            out, err = process.communicate(reply() if first else "")
        return subprocess.CompletedProcess(words, process.returncode, first + out, err)

    def answers(self) -> bool:
        """Whether sshd greets. QEMU's forwarder accepts before the guest does, so a greeting is read."""
        try:
            with socket.create_connection((ADDRESS, self.port), timeout=2) as connection:
                connection.settimeout(2)
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def wait_login(self, command: str, timeout: float, reply: Callable[[], str] | None = None) -> str:
        """Log in as soon as that works and run `command` (`reply`: see `run_answering`); its output.

        LabError after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        said = "sshd never answered"
        while time.monotonic() < deadline:
            if self.answers():
                left = max(5.0, deadline - time.monotonic())
                done = self.run_answering(command, reply, left) if reply else self.run(command, timeout=left, anew=True)
                if done.returncode == 0:
                    return done.stdout
                said = done.stderr.strip() or f"exit {done.returncode}"
            time.sleep(0.1)
        raise LabError(f"no login on port {self.port} within {timeout:.0f} s: {said}")


def free_port() -> int:
    """A loopback port that was free just now."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port
