"""What may not be attached, copied or started. Pure.

Two VMs that write to one disk destroy it, and so does whoever writes to the base of an overlay. Paths say little: one
file has several (symbolic and hard links, mounts). So files are compared by what the hypervisor's kernel says they are,
in `Look.files`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hypervisors.values import SERIALS, VM, Disk, Image


@dataclass(frozen=True, slots=True)
class Look:
    """All VMs at one moment. `files` is {path: what the kernel calls it}; an unknown path is its own name."""

    vms: tuple[VM, ...]
    files: Mapping[str, str]

    def file(self, path: str) -> str:
        return self.files.get(path, path)


@dataclass(frozen=True, slots=True)
class Use:
    """A VM has the file: as the disk itself or, where `base`, below it. `now` while it runs, else at its next start."""

    vm: VM
    disk: Disk
    base: bool
    now: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """refusals, and what a person is told although it may be done; `already` where the VM has the disk as wished."""

    refusals: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    already: Disk | None = None


def uses(path: str, look: Look) -> Iterator[Use]:
    """Who has this file. CDs and floppies do not count."""
    wanted = look.file(path)
    for vm in look.vms:
        kinds = ((vm.disks, True), (vm.next_disks, False)) if vm.holds_disks else ((vm.next_disks, False),)
        for disks, now in kinds:
            for disk in disks:
                if disk.is_medium or not disk.source:
                    continue
                if look.file(disk.source) == wanted:
                    yield Use(vm, disk, base=False, now=now)
                elif wanted in {look.file(below) for below in disk.chain}:
                    yield Use(vm, disk, base=True, now=now)


def judge_attach(vm: VM, image: Image, serial: str, look: Look) -> Judgement:
    """Whether `vm` may be given `image` under `serial`."""
    refusals: list[str] = []
    told: list[str] = []
    if not SERIALS.fullmatch(serial):
        refusals.append(
            f"{serial!r} cannot be a disk's serial number: 1 to 20 letters, digits, dots, dashes, pluses, underscores."
        )
    for use in uses(image.path, look):
        if use.base:
            refusals.append(_base(image.path, use))
        elif use.vm.uuid != vm.uuid:
            (refusals if use.now else told).append(_elsewhere(image.path, use))
        elif use.disk.serial != serial:
            refusals.append(
                f"{vm.name} has {image.path} already, as {use.disk.target} with {_serial(use.disk)}. Detach it first."
            )
    for below in image.chain:
        for use in uses(below, look):
            if not use.base and not (use.vm.uuid == vm.uuid and not vm.holds_disks):
                (refusals if use.now else told).append(_below(image.path, below, use))
    refusals += _serial_taken(vm, image, serial, look)
    return Judgement(_once(refusals), _once(told), None if refusals else already(vm, image.path, serial, look))


def already(vm: VM, path: str, serial: str, look: Look) -> Disk | None:
    """The disk where the VM has it both now and at its next start."""
    found = [same_disk(disks, path, serial, look) for disks in (vm.disks, vm.next_disks)]
    return found[0] if all(found) else None


def same_disk(disks: Sequence[Disk], path: str, serial: str, look: Look) -> Disk | None:
    """The one of `disks` that is this file under this serial number."""
    same = (d for d in disks if d.source and d.serial == serial and look.file(d.source) == look.file(path))
    return next(same, None)


def judge_start(vm: VM, look: Look) -> Judgement:
    """Whether `vm` may be started with what it will have then."""
    refusals = []
    for disk in vm.next_disks:
        if disk.is_medium or not disk.source:
            continue
        for use in uses(disk.source, look):
            if use.vm.uuid == vm.uuid and not use.base:
                continue
            if use.base:
                refusals.append(_base(disk.source, use))
            elif use.now:
                refusals.append(_elsewhere(disk.source, use))
        for below in disk.chain:
            refusals += [_below(disk.source, below, use) for use in uses(below, look) if use.now and not use.base]
    return Judgement(_once(refusals))


def judge_template(template: VM, look: Look) -> Judgement:
    """Whether a template's disks may be copied: nobody may write to them. Who only stands on them does not."""
    if template.holds_disks:
        return Judgement((f"{template.name} is not off: a copy of its disks would be torn. Shut it down first.",))
    paths = [path for disk in template.next_disks if not disk.is_medium for path in (disk.source, *disk.chain) if path]
    writers = [use for path in paths for use in uses(path, look) if use.now and not use.base]
    refusals = [
        f"{use.vm.name} is not off and writes to {use.disk.source}, which is part of {template.name}: "
        f"a copy would be torn. Shut {use.vm.name} down first."
        for use in writers
    ]
    return Judgement(_once(refusals))


def _serial_taken(vm: VM, image: Image, serial: str, look: Look) -> list[str]:
    others = [
        disk
        for disk in (*vm.disks, *vm.next_disks)
        if disk.serial == serial and look.file(disk.source) != look.file(image.path)
    ]
    return [
        f"{vm.name} has another disk with the serial number {serial} ({disk.source or disk.target}): "
        "its guest could not tell them apart. Choose another one."
        for disk in others
    ]


def _serial(disk: Disk) -> str:
    return f"the serial number {disk.serial}" if disk.serial else "no serial number"


def _base(path: str, use: Use) -> str:
    return (
        f"{path} is the base of {use.disk.source}, a disk of {use.vm.name}: one write to it would destroy that disk. "
        "Attach an overlay or a copy instead."
    )


def _elsewhere(path: str, use: Use) -> str:
    if use.now:
        return (
            f"{use.vm.name} is not off and has {path} as {use.disk.target}: two VMs that write to one disk destroy it. "
            f"Shut {use.vm.name} down or detach the disk there first."
        )
    if use.vm.holds_disks:
        return (
            f"{use.vm.name} would have {path} again at its next start, as {use.disk.target}. Detach it there for good."
        )
    return (
        f"{use.vm.name} is off and would start with {path} as {use.disk.target}. "
        f"Do not start {use.vm.name} while another VM has the disk, or detach it there."
    )


def _below(path: str, below: str, use: Use) -> str:
    if use.now:
        return f"{path} is an overlay of {below}, which {use.vm.name} writes to. Shut {use.vm.name} down first."
    return f"{path} is an overlay of {below}: never start {use.vm.name} again, which has that as a disk."


def _once(sentences: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))
