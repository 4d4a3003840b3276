"""The peers of the sweep: pyinfra and Ansible in a virtual environment of their own, at their best sane settings.

Both check host keys, as we do: every server's key stands in a known_hosts file.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.servers import Servers

PACKAGES = ("pyinfra>=3,<4", "ansible-core")
FORKS = 50


@dataclass(frozen=True)
class Turn:
    """One sweep by somebody: seconds of the clock, and CPU seconds of its own processes (not the servers')."""

    seconds: float
    cpu: float


class Peers:
    """pyinfra and Ansible against the servers; `folder` holds their environment and what they are given."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.folder, self.servers = folder, servers
        self.bin = folder / "venv" / "bin"
        if not (self.bin / "ansible").exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
            subprocess.run([str(self.bin / "pip"), "install", "--quiet", *PACKAGES], check=True)
        self._write()

    def versions(self) -> dict[str, str]:
        said = subprocess.run(
            [str(self.bin / "pip"), "list", "--format=freeze"], capture_output=True, text=True, check=True
        ).stdout
        pairs = (line.split("==") for line in said.splitlines() if "==" in line)
        return {name: version for name, version in pairs if name in ("pyinfra", "ansible-core", "paramiko")}

    def pyinfra(self) -> Turn:
        words = [str(self.bin / "pyinfra"), "-y", "inventory.py", "fact", "server.Command", "command=cat /proc/uptime"]
        return self._run(words, lambda text: text.count("Loaded fact") or text.count("Success"))

    def ansible(self, persist: bool = False) -> Turn:
        """The raw module: no Python on the host. `persist` keeps OpenSSH's control connections."""
        words = [str(self.bin / "ansible"), "all", "-i", "hosts.ini", "-m", "raw", "-a", "cat /proc/uptime"]
        with self._config(persist):
            return self._run([*words, "-f", str(FORKS)], lambda text: text.count("| CHANGED"))

    def hang_up(self) -> None:
        """End what ControlPersist left, by each connection's own socket."""
        for path in self.folder.glob("cp-*"):
            subprocess.run(["ssh", "-O", "exit", "-o", f"ControlPath={path}", "any"], capture_output=True, check=False)

    def _run(self, words: list[str], count: Callable[[str], int]) -> Turn:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=900, check=False)
        seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        answered = count(done.stdout + done.stderr)
        if answered < len(self.servers.ports):
            said = f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            raise SystemExit(f"{words[0]} reached {answered} of {len(self.servers.ports)}:\n{said}")
        return Turn(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def _write(self) -> None:
        ports, key = self.servers.ports, self.servers.client_key
        line = self.servers.host_line
        known = self.folder / "known_hosts"
        known.write_text("".join(f"[127.0.0.1]:{port} {line}\n" for port in ports))
        rows = ",\n".join(
            f'("h{port}", {{"ssh_hostname": "127.0.0.1", "ssh_port": {port}, "ssh_user": "{self.servers.user}", '
            f'"ssh_key": "{key}", "ssh_known_hosts_file": "{known}", "ssh_strict_host_key_checking": "yes"}})'
            for port in ports
        )
        (self.folder / "inventory.py").write_text(f"hosts = [\n{rows}\n]\n")
        lines = (
            f"h{port} ansible_host=127.0.0.1 ansible_port={port} ansible_user={self.servers.user} "
            f"ansible_ssh_private_key_file={key}"
            for port in ports
        )
        (self.folder / "hosts.ini").write_text("\n".join(lines) + "\n")

    @contextmanager
    def _config(self, persist: bool) -> Iterator[None]:
        keep = f"-o ControlMaster=auto -o ControlPersist=300s -o ControlPath={self.folder}/cp-%C"
        known = f"-o UserKnownHostsFile={self.folder}/known_hosts -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        curve = "-o KexAlgorithms=curve25519-sha256"  # their best: OpenSSH's default exchange costs six times as much
        args = f"{known} {curve} {keep if persist else '-o ControlMaster=no'}"
        (self.folder / "ansible.cfg").write_text(
            f"[defaults]\nhost_key_checking = True\nforks = {FORKS}\n"
            f"[ssh_connection]\nssh_args = {args}\npipelining = True\n"
        )
        os.environ["ANSIBLE_CONFIG"] = str(self.folder / "ansible.cfg")
        yield
