"""What is in a domain of the lab's hypervisor: its console, its guest agent, and the way in over SSH."""

from __future__ import annotations

import base64
import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lab.errors import LabError
from lab.reach import ADDRESS, Door, free_port
from lab.recipe import USER

T = TypeVar("T")
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"
BOOT = 300.0
"""Seconds that a boot is waited for; see docs/hypervisors.md for what one takes."""


@dataclass(frozen=True)
class Guest:
    """A running domain that can be logged in to; what it is reached by is called as a `Host`'s."""

    name: str
    port: int
    private_key: Path
    public_key: str
    known_hosts: Path
    address: str = ADDRESS
    user: str = USER

    @property
    def door(self) -> Door:
        return Door(self.port, self.private_key, self.known_hosts)

    def run(self, command: str, *, sudo: bool = False, check: bool = True, timeout: float = 60) -> str:
        """As `Host.run`."""
        done = self.door.run("sudo -n sh" if sudo else "sh", stdin=command, timeout=timeout)
        if check and done.returncode != 0:
            raise LabError(f"{self.name}: {command!r} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
        return done.stdout


class Guests(ABC):
    """The part of a hypervisor that deals with the insides of its domains."""

    folder: Path
    images: Path

    @property
    @abstractmethod
    def private_key(self) -> Path: ...

    @abstractmethod
    def virsh(self, *words: str, stdin: str = "", timeout: float = 60) -> str: ...

    def console(self, name: str) -> str:
        """All that the domain wrote to its serial console since its last start; a clone's is called after both."""
        for path in (self.images / f"{name}.console", *self.images.glob(f"{name}-*.console")):
            if path.exists():
                return path.read_text(errors="replace")
        return ""

    def wait_console(self, name: str, pattern: str, timeout: float = BOOT) -> str:
        """The console once `pattern` is found there; LabError with its end after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, text := self.console(name)):
            if time.monotonic() > deadline:
                raise LabError(f"no {pattern!r} on {name}'s console within {timeout:.0f} s; it ends: {text[-800:]}")
            time.sleep(0.2)
        return text

    def agent(self, name: str, command: str, **arguments: Any) -> Any:
        """Ask the guest agent and return its answer; LabError in virsh's words."""
        asked = json.dumps({"execute": command, "arguments": arguments})
        return json.loads(self.virsh("qemu-agent-command", name, asked, "--timeout", "10"))["return"]

    def wait_agent(self, name: str, timeout: float = BOOT) -> None:
        """Return once the guest agent answers; LabError with the console's end after `timeout` seconds."""
        self._until(name, lambda: self.agent(name, "guest-ping"), timeout)

    def _until(self, name: str, ask: Callable[[], T], timeout: float) -> T:
        deadline = time.monotonic() + timeout
        while True:
            try:
                return ask()
            except LabError as error:
                if time.monotonic() > deadline:
                    raise LabError(f"{error}; the console of {name} ends: {self.console(name)[-800:]}") from error
            time.sleep(0.5)

    def agent_file(self, name: str, path: str) -> str:
        """The text of a file of the guest, read by its agent."""
        handle = self.agent(name, "guest-file-open", path=path, mode="r")
        try:
            read = self.agent(name, "guest-file-read", handle=handle)
            return base64.b64decode(read["buf-b64"]).decode()
        finally:
            self.agent(name, "guest-file-close", handle=handle)

    def open_door(self, name: str) -> int:
        """A loopback port that leads to port 22 of a running domain from now on, until it ends."""
        port = free_port()
        said = self.virsh("qemu-monitor-command", name, "--hmp", f"hostfwd_add tcp:{ADDRESS}:{port}-:22")
        if said:
            raise LabError(f"no port could be opened to {name}: {said}")
        return port

    def enter(self, name: str, timeout: float = BOOT) -> Guest:
        """Wait for the guest agent of a running domain, take the host key from it, open a port and log in."""
        # At its first boot the agent may answer before the key is made.
        key = " ".join(self._until(name, lambda: self.agent_file(name, HOST_KEY), timeout).split()[:2])
        guest = Guest(name, self.open_door(name), self.private_key, key, self.folder / f"known_hosts.{name}")
        guest.door.pin(key)
        guest.door.wait_login("true", timeout)
        return guest
