"""What the hypervisor says: of the VM before the plan, and of the clone at each step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from changes.plan import Json
from hypervisors.libvirt.apart import marked_as_proof_of
from hypervisors.libvirt.facts import AskDomains, Domain
from hypervisors.libvirt.looking import look_at, vm_named, vms_of
from hypervisors.libvirt.words import URI, Virsh
from hypervisors.libvirt.xml import parsed, written
from hypervisors.safety import Look, judge_template
from hypervisors.values import VM
from readiness.judges.finding import blanked
from readiness.proof.backup import why_no_backup
from readiness.proof.outcome import By, Watched, readable
from readiness.proof.wish import Wish, wish_problems
from readiness.scripts import script
from ssh.command import Command
from ssh.facts import Ask, FactError
from ssh.sections import ended_well, part, parts
from ssh.session import Result

VERSION = re.compile(r"(?:Using library: libvirt|Running hypervisor: QEMU) (\d+)\.(\d+)")
NEEDS = {"libvirt": (7, 2), "QEMU": (4, 2)}
"""From these on a VM that runs is copied without its disks being touched."""


@dataclass(frozen=True, slots=True)
class AskHypervisor:
    """(machine-id, versions of libvirt and QEMU). A real part:

    @@begin version
    Compiled against library: libvirt 9.0.0
    Using library: libvirt 9.0.0
    Using API: QEMU 9.0.0
    Running hypervisor: QEMU 7.2.22
    @@end version 0
    """

    name = "the hypervisor"

    def command(self) -> Command:
        return Command(("sh", "-c", script("proof_look"), "regroup", URI), sudo=True)

    def parse(self, result: Result) -> tuple[str, dict[str, tuple[int, int]]]:
        found = parts(ended_well(result, self.name), self.name)
        status, text = found.get("version", (-1, ""))
        if status:
            raise FactError(f"This host is no hypervisor that Regroup can ask: virsh said: {text.strip()[:200]}")
        versions = [(int(match[1]), int(match[2])) for match in VERSION.finditer(text)]
        if len(versions) != 2:
            raise FactError(f"{self.name}: libvirt's answer names no version of it and of QEMU.")
        machine = part(found, "machine", self.name).strip()
        return machine, dict(zip(NEEDS, versions, strict=True))


@dataclass(frozen=True, slots=True)
class CloneState:
    """What there is of a clone.

    proof_of  UUID of the VM whose proof libvirt has the domain for, empty where it is none of ours; None: no domain
    state     libvirt's words, such as `running (booted)`
    files     names in the clone's folder; `run` whose directory made it
    seen      what the watch came to, None before its end
    """

    proof_of: str | None
    state: str
    files: tuple[str, ...]
    run: str
    seen: Watched | None


@dataclass(frozen=True, slots=True)
class AskClone:
    uuid: str
    folder: str
    result: str
    name = "the clone"

    def command(self) -> Command:
        words = ("sh", "-c", script("proof_state"), "regroup", URI, self.uuid, self.folder, self.result)
        return Command(words, sudo=True)

    def parse(self, result: Result) -> CloneState:
        found = parts(ended_well(result, self.name), self.name)
        there = self.uuid in part(found, "list", self.name).split()
        told = "\n".join(line.removeprefix(" ") for line in part(found, "told", self.name).split("\n"))
        return CloneState(
            marked_as_proof_of(parsed(part(found, "xml", self.name))) if there else None,
            part(found, "state", self.name).strip() if there else "",
            tuple(part(found, "files", self.name).splitlines()),
            part(found, "mark", self.name).strip(),
            watched(told) if told.strip() else None,
        )


def watched(text: str) -> Watched:
    """The result of a watch. Real first lines: `by=death`, `seconds=12`; then the end of the console, as it is."""
    found = re.match(r"by=([a-z]+)\nseconds=(-?\d{1,9})\n", text)
    if not found or found[1] not in set(By):
        raise FactError(f"the watch: its result begins in an unknown way: {text[:80]!r}.")
    console = tuple(blanked(line) for line in readable(text[found.end() :]))
    return Watched(By(found[1]), max(0, int(found[2])), console)


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes free in the folder of images, bytes that the images hold, KiB of memory that nobody uses."""

    free: int
    used: int
    memory: int


@dataclass(frozen=True, slots=True)
class AskRoom:
    """A real answer: `free=31474836480`, `used=1245708288`, `memory=6140460`, a line each."""

    folder: str
    images: tuple[str, ...]
    name = "the hypervisor's room"

    def command(self) -> Command:
        return Command(("sh", "-ec", script("proof_room"), "regroup", self.folder, *self.images), sudo=True)

    def parse(self, result: Result) -> Room:
        found = dict(line.partition("=")[::2] for line in ended_well(result, self.name).splitlines())
        try:
            return Room(*(int(found[name]) for name in ("free", "used", "memory")))
        except (KeyError, ValueError) as error:
            raise FactError(f"{self.name}: an answer of an unknown shape ({error}).") from error


def gather(wish: Wish, ask: Ask) -> Mapping[str, Json]:
    """What the plan is made from. Raises FactError or SessionError."""
    machine, versions = ask(AskHypervisor())
    virsh = Virsh()
    told = ask(AskDomains(virsh))
    domains = {domain.uuid: domain for domain in told}
    domain = domains.get(wish.uuid)
    named = bool(wish.image) and not any(wish_problems(wish))
    seen = look_at(ask, virsh, vms_of(ask, virsh, told), *([wish.image] if named else []))
    against = why_no_backup(ask, wish.image, wish.format, wish.uuid, seen) if named else []
    if domain:
        against += _writers(vm_named(wish.uuid, seen.vms), seen)
    return {
        "machine_id": machine,
        "versions": {name: list(version) for name, version in versions.items()},
        "vm": _vm(domain, vm_named(wish.uuid, seen.vms), seen) if domain else None,
        "named": [found.uuid for found in domains.values() if found.name == wish.clone],
        "there": [marked_as_proof_of(domains[wish.clone_uuid].later)] if wish.clone_uuid in domains else [],
        "against": against,
    }


def _vm(domain: Domain, vm: VM, seen: Look) -> dict[str, Json]:
    return {
        "name": domain.name,
        "power": str(vm.power),
        "xml": written(domain.later),
        "now": [[disk.target, disk.source] for disk in vm.disks if not disk.is_medium],
        "chains": {disk.source: list(disk.chain) for disk in vm.next_disks},
        "devices": [disk.source for disk in vm.next_disks if seen.file(disk.source).startswith("block ")],
    }


def _writers(vm: VM, seen: Look) -> Iterator[str]:
    """Who else writes to the disks of a VM that is off: its overlay would be of no one moment."""
    yield from () if vm.holds_disks else judge_template(vm, seen).refusals
