"""The host's LVM devices file, beside what this run found in it."""

from __future__ import annotations

from dataclasses import dataclass

from ssh.command import Command
from ssh.sections import ended_well
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskAdmitted:
    """Physical volumes that the run added to the devices file and that still stand there, UUIDs without hyphens.

    A real answer: `FVq6HjA1cN0w…`, one a line; empty where there are none.
    """

    run_dir: str
    name = "admitted devices"

    def command(self) -> Command:
        text = (
            '[ -e "$1/devices/added" ] || exit 0\n'
            "while read -r idname pvid; do\n"
            '    ! grep -q -F "PVID=$pvid" /etc/lvm/devices/system.devices || printf "%s\\n" "$pvid"\n'
            'done <"$1/devices/added"\n'
        )
        return Command(("sh", "-c", text, "regroup", self.run_dir), sudo=True)

    def parse(self, result: Result) -> tuple[str, ...]:
        return tuple(ended_well(result, "The devices file").split())
