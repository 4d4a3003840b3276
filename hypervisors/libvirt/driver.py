"""The driver: looks, judges, acts, looks again. What decides is in `safety` and `cloning`, as values."""

from __future__ import annotations

from dataclasses import replace

from hypervisors.libvirt.cloning import cloned, disk_path, own_disks
from hypervisors.libvirt.facts import (
    AskDomains,
    AskFiles,
    AskImage,
    AskPower,
    AskSizes,
    AskSnapshots,
    AskXML,
    GoneMeanwhile,
)
from hypervisors.libvirt.words import STDIN, Virsh, must, said
from hypervisors.libvirt.xml import PREFIX, buses, disk_xml, disks, free_target, nics, written
from hypervisors.protocol import VM, Attached, Clone, Disk, Hypervisor, HypervisorError, Image, Picture, Power
from hypervisors.safety import Judgement, Look, judge_attach, judge_start, judge_template, same_disk
from ssh.facts import FactError, SessionAsk
from ssh.session import Session

COPY_SECONDS = 3600.0
LOOKS = 3
MAGIC = {b"\x89PNG": "image/png", b"P6\n": "image/x-portable-pixmap"}


class Libvirt(Hypervisor):
    """libvirt on the machine at the other end of `session`, whose user may use `uri` (or root may, with `sudo`)."""

    def __init__(self, session: Session, uri: str = "qemu:///system", *, sudo: bool = False) -> None:
        self._session = session
        self._virsh = Virsh(uri, sudo)
        self._ask = SessionAsk(session)

    # ------------------------------------------------------------------------------------ looking

    def vms(self) -> tuple[VM, ...]:
        for _ in range(LOOKS):
            try:
                names = self._ask(AskDomains(self._virsh))
                return tuple(self._vm(uuid, name) for uuid, name in names)
            except GoneMeanwhile:
                continue
        raise HypervisorError("VMs of the list were removed while it was read, again and again. Ask once more.")

    def vm(self, name: str) -> VM:
        found = self._find(name, self.vms())
        sizes = self._ask(AskSizes(self._virsh, found.uuid))
        snapshots = self._ask(AskSnapshots(self._virsh, found.uuid))
        return replace(
            found,
            disks=_sized(found.disks, sizes),
            next_disks=_sized(found.next_disks, sizes),
            snapshots=snapshots,
        )

    def look(self) -> Look:
        """All VMs, and which file each of their paths is."""
        return self._look_with(())

    def may_attach(self, vm: str, path: str, serial: str, *, format: str) -> Judgement:
        """Whether `attach` would do it, now."""
        return self._judged(vm, path, serial, format)[2]

    # ------------------------------------------------------------------------------------- clone

    def clone(self, wish: Clone) -> VM:
        look = self.look()
        template = self._find(wish.template, look.vms)
        uuid = wish.uuid(template.uuid)
        for vm in look.vms:
            if vm.uuid == uuid and vm.name == wish.name:
                return self.vm(uuid)
            if vm.name == wish.name or vm.uuid == uuid:
                raise HypervisorError(f"There is a VM {vm.name} already, and it is another one. Choose another name.")
        _unless_refused(judge_template(template, look))
        xml = self._ask(AskXML(self._virsh, template.uuid, inactive=True))
        copies = own_disks(xml)
        definition = written(cloned(xml, wish, uuid))
        for number, (target, path, form) in enumerate(copies):
            size = wish.size if number == 0 else None
            self._copy(path, form, disk_path(wish, uuid, path, target), size, wish.linked)
        # Whoever started the template meanwhile has torn the copies: they go, and nothing is defined.
        if self._ask(AskPower(self._virsh, template.uuid)) is not Power.OFF:
            self._remove([disk_path(wish, uuid, path, target) for target, path, _ in copies])
            raise HypervisorError(f"{template.name} was started while it was copied. The copies were removed.")
        must(self._session.run(self._virsh("define", STDIN, stdin=definition)), f"{wish.name} was not defined")
        return self.vm(uuid)

    def _copy(self, path: str, form: str, target: str, size: int | None, linked: bool) -> None:
        """`target` appears whole or not at all: it is made under another name and flushed first."""
        if target in self._ask(AskFiles(self._virsh, (target,))):
            return
        image = self._ask(AskImage(self._virsh, path, form))
        if size is not None and size < image.size:
            raise HypervisorError(f"The template's disk has {image.size} bytes: a clone's may be larger, not {size}.")
        part = f"{target}.part"
        make: tuple[str, ...]
        if linked:
            make = ("qemu-img", "create", "-q", "-f", "qcow2", "-b", path, "-F", form, "--", part)
        else:
            make = ("qemu-img", "convert", "-q", "-t", "writeback", "-f", form, "-O", "qcow2", "--", path, part)
        commands: list[tuple[str, ...]] = [make]
        if size is not None and size > image.size:
            commands.append(("qemu-img", "resize", "-q", "-f", "qcow2", "--", part, str(size)))
        commands.append(("mv", "-T", "--", part, target))
        for words in commands:
            command = self._virsh.tool(*words, timeout=COPY_SECONDS)
            must(self._session.run(command), f"The template's disk {path} was not copied")

    def _remove(self, paths: list[str]) -> None:
        must(self._session.run(self._virsh.tool("rm", "-f", "--", *paths)), "The copies were not removed")

    # ------------------------------------------------------------------------------ attach, detach

    def attach(self, vm: str, path: str, serial: str, *, format: str, bus: str = "") -> Attached:
        found, image, judgement, _ = self._judged(vm, path, serial, format)
        _unless_refused(judgement)
        bus = _bus(found, bus)
        # The look that counts is the last one before the act: the first may be as old as the reading of a long chain.
        found, image, judgement, look = self._judged(found.uuid, path, serial, format)
        _unless_refused(judgement)
        if judgement.already is None:
            self._attach(found, image, serial, bus, look)
            found, _, judgement, look = self._judged(found.uuid, path, serial, format)
        disk = judgement.already
        if disk is None:
            raise HypervisorError(f"{found.name} does not show {path} although libvirt took it. Look at {found.name}.")
        return Attached(found.uuid, replace(disk, size=image.size), by_id(disk), judgement.told)

    def _attach(self, vm: VM, image: Image, serial: str, bus: str, look: Look) -> None:
        """Where it is missing only: a call that was cut short may have left it in one of the two definitions."""
        there = {name: same_disk(some, image.path, serial, look) for name, some in _definitions(vm)}
        known = next((disk for disk in there.values() if disk), None)
        taken = {disk.target for disk in (*vm.disks, *vm.next_disks)}
        target, bus = (known.target, known.bus) if known else (free_target(bus, taken), bus)
        flags = [name for name, disk in there.items() if disk is None]
        xml = disk_xml(image.path, image.format, target, bus, serial)
        command = self._virsh("attach-device", vm.uuid, STDIN, *flags, stdin=xml)
        must(self._session.run(command), f"{image.path} was not attached to {vm.name}")

    def detach(self, vm: str, path: str, serial: str) -> VM:
        look = self._look_with((path,))
        found = self._find(vm, look.vms)
        for flag, some in _definitions(found):
            for disk in (disk for disk in some if disk.serial == serial):
                if look.file(disk.source) != look.file(path):
                    raise HypervisorError(
                        f"The disk {serial} of {found.name} is {disk.source or 'no file'}, not {path}: not detached."
                    )
                command = self._virsh("detach-disk", found.uuid, disk.target, flag)
                must(self._session.run(command), f"{path} was not detached from {found.name}")
        after = self.vm(found.uuid)
        if any(disk.serial == serial for disk in after.disks):
            raise HypervisorError(
                f"The guest of {found.name} has not let go of the disk {serial} yet. Have it unmounted, and ask again."
            )
        return after

    # -------------------------------------------------------------------------------------- power

    def power_on(self, vm: str) -> VM:
        look = self.look()
        found = self._find(vm, look.vms)
        if found.power is Power.OTHER:
            raise HypervisorError(f"{found.name} is neither on nor off: it crashed. Switch it off first, then on.")
        if found.power in {Power.OFF, Power.PAUSED}:
            _unless_refused(judge_start(found, look))
            words = "start" if found.power is Power.OFF else "resume"
            self._act(words, found, f"{found.name} was not started", "already active", "already running")
        return self.vm(found.uuid)

    def shut_down(self, vm: str) -> VM:
        found = self._find(vm, self.vms())
        if found.holds_disks:
            self._act("shutdown", found, f"{found.name} could not be asked to shut down", "not running")
        return self.vm(found.uuid)

    def power_off(self, vm: str) -> VM:
        found = self._find(vm, self.vms())
        if found.holds_disks:
            self._act("destroy", found, f"{found.name} was not switched off", "not running")
        return self.vm(found.uuid)

    def _act(self, word: str, vm: VM, what: str, *no_harm: str) -> None:
        """`no_harm`: what virsh says where somebody else did it just before."""
        result = self._session.run(self._virsh(word, vm.uuid))
        if not any(words in said(result) for words in no_harm):
            must(result, what)

    def picture(self, vm: str) -> Picture:
        found = self._find(vm, self.vms())
        if found.power is Power.OFF:
            raise HypervisorError(f"{found.name} is off: there is nothing on its screen.")
        data = must(
            self._session.run(self._virsh("screenshot", found.uuid, "/dev/stdout")), "There is no picture"
        ).stdout
        for magic, media_type in MAGIC.items():
            if data.startswith(magic):
                return Picture(media_type, data)
        raise HypervisorError(f"What libvirt gave as the screen of {found.name} is no picture that is known here.")

    # ------------------------------------------------------------------------------------ plumbing

    def _vm(self, uuid: str, name: str) -> VM:
        power = self._ask(AskPower(self._virsh, uuid))
        later = self._ask(AskXML(self._virsh, uuid, inactive=True))
        now = later if power is Power.OFF else self._ask(AskXML(self._virsh, uuid))
        return VM(
            uuid=uuid,
            name=name,
            power=power,
            disks=tuple(self._chained(disk) for disk in disks(now)),
            next_disks=tuple(self._chained(disk) for disk in disks(later)),
            nics=nics(now),
            buses=buses(now),
        )

    def _chained(self, disk: Disk) -> Disk:
        """libvirt says what a disk is an overlay of only while the VM runs."""
        if disk.chain or not disk.source or disk.is_medium or disk.format == "raw":
            return disk
        try:
            return replace(disk, chain=self._ask(AskImage(self._virsh, disk.source, disk.format)).chain)
        except FactError:
            # A VM whose image is gone cannot start, and must not keep others from being looked at.
            if self._ask(AskFiles(self._virsh, (disk.source,))):
                raise
            return disk

    def _find(self, name: str, known: tuple[VM, ...]) -> VM:
        for vm in known:
            if name in {vm.uuid, vm.name}:
                return vm
        raise HypervisorError(f"There is no VM {name} on this hypervisor.")

    def _look_with(self, paths: tuple[str, ...]) -> Look:
        known = self.vms()
        every = {
            path for vm in known for disk in (*vm.disks, *vm.next_disks) for path in (disk.source, *disk.chain) if path
        }
        wanted = tuple(sorted(every.union(paths)))
        return Look(known, self._ask(AskFiles(self._virsh, wanted)) if wanted else {})

    def _judged(self, vm: str, path: str, serial: str, form: str) -> tuple[VM, Image, Judgement, Look]:
        # qemu-img takes a word such as `nbd:…` or `json:…` for a way to somewhere else.
        if not path.startswith("/") or "\n" in path:
            raise HypervisorError(f"{path!r} is no absolute path of a disk image on the hypervisor.")
        image = self._ask(AskImage(self._virsh, path, form))
        look = self._look_with((path, *image.chain))
        found = self._find(vm, look.vms)
        return found, image, judge_attach(found, image, serial, look), look


def by_id(disk: Disk) -> str:
    """The name that udev gives it under /dev/disk/by-id in a Linux guest."""
    return f"virtio-{disk.serial}" if disk.bus == "virtio" else f"scsi-0QEMU_QEMU_HARDDISK_{disk.serial}"


def _sized(some: tuple[Disk, ...], sizes: dict[str, int]) -> tuple[Disk, ...]:
    return tuple(replace(disk, size=sizes.get(disk.target)) for disk in some)


def _definitions(vm: VM) -> tuple[tuple[str, tuple[Disk, ...]], ...]:
    """What virsh calls them, and their disks; while it is off there is only the one."""
    later = ("--config", vm.next_disks)
    return (("--live", vm.disks), later) if vm.holds_disks else (later,)


def _bus(vm: VM, wished: str) -> str:
    """The wished bus, or the best. Raises HypervisorError where the VM runs and takes no disk there."""
    if vm.holds_disks and (wished or None) not in (None, *vm.buses):
        others = f"it would on {' or '.join(vm.buses)}" if vm.buses else "nor on another: switch it off first"
        raise HypervisorError(f"{vm.name} takes no disk on the bus {wished} while it runs; {others}.")
    if vm.holds_disks and not vm.buses:
        raise HypervisorError(
            f"{vm.name} takes no disk while it runs: it has no virtio-scsi controller and no ACPI. Switch it off first."
        )
    if wished and wished not in PREFIX:
        raise HypervisorError(f"There is no bus {wished}: choose one of {', '.join(PREFIX)}.")
    return wished or (*vm.buses, "virtio")[0]


def _unless_refused(judgement: Judgement) -> None:
    if judgement.refusals:
        raise HypervisorError(" ".join(judgement.refusals))
