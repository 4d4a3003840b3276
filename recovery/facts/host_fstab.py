"""The host's own /etc/fstab."""

from __future__ import annotations

from dataclasses import dataclass

from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well
from ssh.session import Result

PATH = "/etc/fstab"
LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class AskHostFstab:
    """The text of /etc/fstab. A real answer: `file`, a line end, and the text."""

    name = "fstab"

    def command(self) -> Command:
        text = (
            'if [ -L "$1" ] || [ ! -f "$1" ]; then echo other; exit; fi\n'
            'size=$(stat -c %s -- "$1")\n'
            'if [ "$size" -gt "$2" ]; then echo large; exit; fi\n'
            'echo file; cat -- "$1"\n'
        )
        return Command(("sh", "-c", text, "regroup", PATH, str(LIMIT)), sudo=True)

    def parse(self, result: Result) -> str:
        ended_well(result, PATH)
        word, _, text = result.stdout.partition(b"\n")
        if word != b"file":
            why = "is larger than 64 KiB" if word == b"large" else "is no regular file"
            raise FactError(f"{PATH} on the host {why}; Regroup does not write there.")
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise FactError(f"{PATH} on the host has bytes that are no UTF-8; Regroup does not write there.") from error
