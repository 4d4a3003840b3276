"""A Session that answers from a recording, and one that makes the recording.

A recording is a JSON list of `{"command", "status", "stdout", "stderr"}` in the order asked;
`command` is the shown form. Captured from a real host it becomes a test case file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from ssh.command import Command
from ssh.session import Result, Session


class UnknownCommand(LookupError):
    """The recording has no answer to this command."""


class TranscriptSession(Session):
    """Answers known commands and refuses all others.

    A command with several recorded answers gets them in order, the last one again and again.
    `asked` holds the commands put so far, with their standard input.
    """

    def __init__(self, answers: Mapping[str, Result | Sequence[Result]]) -> None:
        self.asked: list[Command] = []
        self._answers = {
            shown: [given] if isinstance(given, Result) else list(given) for shown, given in answers.items()
        }

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Raises OSError, ValueError, KeyError where the file is not a recording."""
        answers: dict[str, list[Result]] = {}
        for entry in json.loads(Path(path).read_text("utf-8")):
            result = Result(int(entry["status"]), _to_bytes(entry["stdout"]), _to_bytes(entry["stderr"]))
            answers.setdefault(entry["command"], []).append(result)
        return cls(answers)

    def run(self, command: Command) -> Result:
        """The recorded answer. Raises UnknownCommand."""
        self.asked.append(command)
        known = self._answers.get(command.to_show())
        if not known:
            listed = "".join(f"\n  {shown}" for shown in self._answers)
            raise UnknownCommand(f"Not in the recording: {command.to_show()}\nIt answers:{listed}")
        return known.pop(0) if len(known) > 1 else known[0]

    def close(self) -> None:
        """Nothing is open."""


class RecordingSession(Session):
    """Passes commands to another session and keeps what it answered. Standard input is not kept."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.entries: list[dict[str, str | int]] = []

    def run(self, command: Command) -> Result:
        result = self._session.run(command)
        self.entries.append(
            {
                "command": command.to_show(),
                "status": result.status,
                "stdout": _to_text(result.stdout),
                "stderr": _to_text(result.stderr),
            }
        )
        return result

    def save(self, path: str | Path) -> None:
        """Write the recording; bytes that are not UTF-8 stand as escapes and come back as they were."""
        Path(path).write_text(json.dumps(self.entries, indent=1) + "\n", "ascii")

    def close(self) -> None:
        self._session.close()


def _to_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
