"""virsh as a command, and what it and qemu-img say when they refuse. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ssh.command import Command

URI = "qemu:///system"
MOST_SAID = 300


@dataclass(frozen=True, slots=True)
class Virsh:
    """Which libvirt is spoken to, as root. Makes commands."""

    uri: str = URI

    def __call__(self, *words: str, timeout: float = 60) -> Command:
        return Command(self.words(*words), sudo=True, timeout=timeout)

    def words(self, *words: str) -> tuple[str, ...]:
        """A command line of virsh."""
        return ("virsh", "-q", "-c", self.uri, *words)


def shortened(text: str) -> str:
    """On one line, and no longer than a sentence may be."""
    text = " ".join(text.split())
    return text if len(text) <= MOST_SAID else f"{text[: MOST_SAID - 1]}…"
