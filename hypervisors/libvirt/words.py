"""virsh as a command, and what it and qemu-img say when they refuse. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hypervisors.protocol import HypervisorError
from ssh.command import Command
from ssh.session import Result

STDIN = "/dev/stdin"
MOST_SAID = 300


@dataclass(frozen=True, slots=True)
class Virsh:
    """Which libvirt is spoken to, and whether as root. Makes commands."""

    uri: str = "qemu:///system"
    sudo: bool = False

    def __call__(self, *words: str, stdin: str = "", timeout: float = 60) -> Command:
        return Command(("virsh", "-q", "-c", self.uri, *words), stdin=stdin, sudo=self.sudo, timeout=timeout)

    def tool(self, *words: str, timeout: float = 60) -> Command:
        """Another program, as the same user."""
        return Command(words, sudo=self.sudo, timeout=timeout)


def said(result: Result) -> str:
    """Why it was refused, in the program's own words, on one line and without `error: ` in front."""
    lines = [line.removeprefix("error: ").strip() for line in result.error_text.splitlines()]
    text = " ".join(line for line in lines if line) or f"it ended with exit code {result.status} and said nothing"
    return text if len(text) <= MOST_SAID else f"{text[: MOST_SAID - 1]}…"


def must(result: Result, what: str) -> Result:
    """The result of a command that has to succeed. Raises HypervisorError: `what` was not done, and why."""
    if result.status:
        raise HypervisorError(f"{what}: {said(result)}")
    return result
