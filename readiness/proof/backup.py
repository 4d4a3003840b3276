"""A backup that a requester named: one whole file that is no VM's disk, or why it is none.

Whoever wrote the image was root in a guest, and nobody has approved yet: no file that its header names is opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from hypervisors.libvirt.words import shortened
from hypervisors.safety import Look, uses
from readiness.scripts import script
from ssh.command import Command
from ssh.facts import Ask, FactError
from ssh.sections import ended_well
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskBackup:
    """Why the file cannot be proven, in a sentence; empty where it can. A real answer (shortened):

    {"virtual-size": 1048576, "filename": "/backup/app01.qcow2", "format": "qcow2",
     "format-specific": {"type": "qcow2", "data": {"compat": "1.1", "corrupt": false}}}
    """

    path: str
    format: str
    name = "the backup"

    def command(self) -> Command:
        return Command(("sh", "-c", script("proof_backup"), "regroup", self.format, self.path), sudo=True, timeout=120)

    def parse(self, result: Result) -> str:
        text = ended_well(result, self.name).strip()
        match text.splitlines()[-1:]:
            case ["absent"]:
                return f"There is no file {self.path} on the hypervisor. Give the path of a disk image there."
            case ["device"]:
                return f"{self.path} is no regular file. Copy it into one, then prove that."
            case ["more"]:
                return self._stands()
            case ["unreadable"]:
                return f"{self.path} cannot be read as {self.format}: {shortened(result.error_text)}"
        return self._stands() if self._names_more(text) else ""

    def _names_more(self, text: str) -> bool:
        try:
            told = json.loads(text)
            data = (told.get("format-specific") or {}).get("data") or {}
            return "backing-filename" in told or "data-file" in data
        except (ValueError, AttributeError) as error:
            raise FactError(f"{self.name} {self.path}: qemu-img's answer has no known shape.") from error

    def _stands(self) -> str:
        return (
            f"{self.path} needs another file that its header names, and a header is never followed. Make a whole copy"
            " of it with `qemu-img convert`, then prove that."
        )


def why_no_backup(ask: Ask, path: str, form: str, vm: str, seen: Look) -> list[str]:
    """Every reason against it, for the VM with this UUID. Raises FactError."""
    against = [*dict.fromkeys(_a_disk(path, form, vm, seen))]
    found = "" if against else ask(AskBackup(path, form))
    return [found] if found else against


def _a_disk(path: str, form: str, vm: str, seen: Look) -> Iterator[str]:
    """A VM's own disk is no backup; and what is raw for libvirt may have any header, which its guest wrote."""
    for use in uses(path, seen):
        if use.base:
            continue
        if use.disk.format != form:
            yield (
                f"{path} is a disk of {use.vm.name}, for which it is {use.disk.format} and not {form}. Name a copy of"
                " it, and what that is."
            )
        elif use.vm.uuid == vm:
            yield f"{path} is a disk of {use.vm.name} itself. Leave Backup empty to prove the VM itself."
        else:
            yield f"{path} is a disk of {use.vm.name}, so it is no backup. Name a copy that no VM has."
