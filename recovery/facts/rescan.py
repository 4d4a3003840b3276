"""Letting the host look for new disks before a plan is made. It writes nothing to any disk."""

from __future__ import annotations

from dataclasses import dataclass

from recovery.scripts import script
from ssh.command import Command
from ssh.sections import ended_well
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskRescan:
    """What the host says while it rescans its SCSI adapters: each adapter's name, then the disks.

    A real answer, shortened:

        Rescanning host0.
        NAME SIZE TYPE HCTL    SERIAL     MODEL
        sda  1.5G disk 0:0:0:0 app01-root QEMU HARDDISK
    """

    name = "rescan"

    def command(self) -> Command:
        return Command(("sh", "-c", script("rescan"), "regroup"), sudo=True, timeout=90)

    def parse(self, result: Result) -> str:
        return ended_well(result, "The rescan of the SCSI adapters")
