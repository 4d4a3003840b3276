"""A command is a value: words, input and limits, with one form to run and one to log.

Words are quoted by the object and by nobody else, so a name that came from a host or a
form can never become shell syntax. Secrets never stand in words (they would be visible in
the host's process list): they travel on standard input, as `Secret`.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

MASK = "••••"


@dataclass(frozen=True, slots=True)
class Secret:
    """Text that may be sent but never shown: its repr and its log form are a mask."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return MASK


@dataclass(frozen=True, slots=True)
class Command:
    """One command for a host.

    argv     the words; each is quoted when the shell form is made
    stdin    text for standard input (UTF-8), or a `Secret`; empty means /dev/null
    sudo     run as root through `sudo -n`
    timeout  seconds until the caller gives up waiting
    env      extra environment; the runner always sets PATH and LC_ALL=C itself
    """

    argv: tuple[str, ...]
    stdin: str | Secret = ""
    sudo: bool = False
    timeout: float = 30.0
    env: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.argv or not self.argv[0]:
            raise ValueError("A command needs at least one word: the program to run.")
        bad = [word for word in self.argv if "\0" in word]
        if bad:
            raise ValueError(f"A command word may not hold a NUL character: {bad[0]!r}.")

    def as_root(self) -> Command:
        return replace(self, sudo=True)

    def words(self) -> tuple[str, ...]:
        """The words as the login shell gets them, with environment and sudo in front."""
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", **self.env}
        # LC_ALL in front of sudo too: its refusals are recognised by their English words.
        prefix = ("env", "LC_ALL=C", "sudo", "-n", "--") if self.sudo else ()
        return (*prefix, "env", *(f"{name}={value}" for name, value in env.items()), *self.argv)

    def to_run(self) -> str:
        """The exact line sent to the host's login shell."""
        return shlex.join(self.words())

    def to_show(self) -> str:
        """The same command for people: quoted words, `sudo` where it is used, no plumbing."""
        line = shlex.join(self.argv)
        return f"sudo {line}" if self.sudo else line

    def payload(self) -> bytes:
        """Bytes for standard input."""
        text = self.stdin.value if isinstance(self.stdin, Secret) else self.stdin
        return text.encode("utf-8", "surrogateescape")
