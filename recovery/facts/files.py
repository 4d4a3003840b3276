"""Our own files on the host, and LVM's opinion of one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import ended_well, lines
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskFile:
    """SHA-256 of a file in hex, or None where it does not exist. A real answer: `5be8…e1  -`."""

    path: str
    name = "file"

    def command(self) -> Command:
        text = 'if [ -e "$1" ]; then sha256sum <"$1"; else echo "absent -"; fi'
        return Command(("sh", "-c", text, "regroup", self.path), sudo=True)

    def parse(self, result: Result) -> str | None:
        what = f"The file {self.path}"
        ((digest, _),) = lines(ended_well(result, what), what, 2)
        return None if digest == "absent" else digest


@dataclass(frozen=True, slots=True)
class AskGroupInFile:
    """The name of the group that LVM's own reader finds in a backup file; None with LVM's words if it refuses.

    A real answer of 2.03.16:

        File:         /var/lib/regroup/7/vm42_RootVG.vg
        VG name:      vm42_RootVG
        Description:  Created *after* executing 'vgs'
        Backup Time:  Sun Nov 22 21:38:58 2026
    """

    path: str
    name = "group in file"

    def command(self) -> Command:
        words = ("vgcfgrestore", "--list", "-f", self.path)
        return Command(words, sudo=True, env={"LVM_SUPPRESS_FD_WARNINGS": "1"})

    def parse(self, result: Result) -> tuple[str | None, str]:
        match = re.search(r"^\s*VG name:\s+(\S+)\s*$", result.text, re.MULTILINE)
        return (match[1] if match else None), result.error_text


@dataclass(frozen=True, slots=True)
class AskRoom:
    """Free bytes in the places that LVM and we write to. Real lines: `822607872 /etc/lvm`."""

    name = "room"

    def command(self) -> Command:
        text = (
            "for place in /etc/lvm /var/lib/regroup; do\n"
            "    there=$place\n"
            '    while [ ! -e "$there/" ]; do there=${there%/*}; done\n'  # ours is made with the first step
            '    printf "%s %s\\n" "$(df -P -k -- "$there/" | awk \'NR == 2 { print $4 }\')" "$place"\n'
            "done\n"
        )
        return Command(("sh", "-c", text, "regroup"), sudo=True)

    def parse(self, result: Result) -> dict[str, int]:
        what = "The room on the host"
        try:
            return {place: int(free) * 1024 for free, place in lines(ended_well(result, what), what, 2)}
        except ValueError as error:
            raise FactError(f"{what}: df answered something else than numbers.") from error
