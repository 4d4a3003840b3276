"""What is said of a command that came to no end; each session says the same."""

from __future__ import annotations

from ssh.command import Command
from ssh.session import CommandTimeout, SessionError

OUTPUT_LIMIT = 64 << 20  # bytes of both streams together


def late(name: str, command: Command) -> CommandTimeout:
    return CommandTimeout(
        f"The command did not end within {command.timeout:g} seconds on {name}: {command.to_show()}", sent=True
    )


def too_much(name: str, command: Command) -> SessionError:
    return SessionError(
        f"The command wrote more than {OUTPUT_LIMIT >> 20} MiB on {name} and was given up: {command.to_show()}",
        sent=True,
    )


def not_accepted(name: str, command: Command) -> SessionError:
    return SessionError(
        f"{name} did not accept the command: this account may not run commands, or the connection "
        f"was lost at that moment: {command.to_show()}",
        sent=True,
    )


def lost(name: str, command: Command) -> SessionError:
    return SessionError(
        f"The connection to {name} was lost while a command ran; the host may still be running it: {command.to_show()}",
        sent=True,
    )


def broken(name: str, reason: str) -> SessionError:
    return SessionError(f"The connection to {name} is broken: no command could be sent ({reason}).")
