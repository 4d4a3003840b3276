"""What is said of a command that came to no end; each session says the same."""

from __future__ import annotations

from dataclasses import replace

from ssh.command import Command
from ssh.session import CommandTimeout, SessionError

OUTPUT_LIMIT = 64 << 20  # bytes of both streams together
LONGEST_WORD, LONGEST_LINE = 100, 250


def late(name: str, command: Command) -> CommandTimeout:
    return CommandTimeout(
        f"The command did not end within {command.timeout:g} seconds on {name}: {shown(command)}", sent=True
    )


def too_much(name: str, command: Command) -> SessionError:
    return SessionError(
        f"The command wrote more than {OUTPUT_LIMIT >> 20} MiB on {name} and was given up: {shown(command)}",
        sent=True,
    )


def not_accepted(name: str, command: Command) -> SessionError:
    return SessionError(
        f"{name} did not accept the command: this account may not run commands, or the connection "
        f"was lost at that moment: {shown(command)}",
        sent=True,
    )


def lost(name: str, command: Command) -> SessionError:
    return SessionError(
        f"The connection to {name} was lost while a command ran; the host may still be running it: {shown(command)}",
        sent=True,
    )


def shown(command: Command) -> str:
    """The command as people see it, its scripts left out: a sentence is to be read, and kept in rows."""
    words = tuple(word if len(word) <= LONGEST_WORD and "\n" not in word else "…" for word in command.argv)
    line = replace(command, argv=words).to_show().replace("'…'", "…")
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def broken(name: str, reason: str) -> SessionError:
    return SessionError(f"The connection to {name} is broken: no command could be sent ({reason}).")
