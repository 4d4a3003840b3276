"""What a hypervisor's VMs, their disks and their files are at one moment: three or four commands, however many VMs."""

from __future__ import annotations

from dataclasses import replace

from hypervisors.libvirt.facts import AskDomains, AskFiles, AskImages, Domain
from hypervisors.libvirt.volumes import AskVolumes, Paths
from hypervisors.libvirt.words import Virsh
from hypervisors.libvirt.xml import buses, disks, nics, volumes
from hypervisors.safety import Look
from hypervisors.values import VM, Disk, HypervisorError, Image
from ssh.facts import Ask


def vms(ask: Ask, virsh: Virsh, *, sized: bool = False) -> tuple[VM, ...]:
    """All VMs with their disks and chains; with sizes if asked, else None for them. Raises FactError."""
    return vms_of(ask, virsh, ask(AskDomains(virsh)), sized=sized)


def look(ask: Ask, virsh: Virsh, *more: str) -> Look:
    """All VMs, and which file each of their paths is, and each path of `more`."""
    return look_at(ask, virsh, vms(ask, virsh), *more)


def look_at(ask: Ask, virsh: Virsh, known: tuple[VM, ...], *more: str) -> Look:
    """The same of VMs that are known."""
    paths = {path for vm in known for disk in every_disk(vm) for path in (disk.source, *disk.chain) if path}
    paths.update(more)
    return Look(known, ask(AskFiles(virsh, tuple(sorted(paths)))) if paths else {})


def image_of(ask: Ask, virsh: Virsh, path: str, form: str) -> Image:
    """The image as the kernel and qemu-img have it. Raises HypervisorError: no path, or nothing is there."""
    # qemu-img takes a word such as `nbd:…` or `json:…` for a way to somewhere else.
    if not path.startswith("/") or "\n" in path:
        raise HypervisorError(f"{path!r} is no absolute path of a disk image on the hypervisor.")
    found = ask(AskImages(virsh, ((path, form),))).get(path)
    if found is None:
        raise HypervisorError(f"There is no file {path} on the hypervisor.")
    return found


def vm_named(name: str, known: tuple[VM, ...]) -> VM:
    """By UUID or name. Raises HypervisorError."""
    for vm in known:
        if name in {vm.uuid, vm.name}:
            return vm
    raise HypervisorError(f"There is no VM {name} on this hypervisor.")


def every_disk(vm: VM) -> tuple[Disk, ...]:
    """Those it has now and those it will have, each as it is there."""
    return (*vm.disks, *vm.next_disks)


def vms_of(ask: Ask, virsh: Virsh, domains: tuple[Domain, ...], *, sized: bool = False) -> tuple[VM, ...]:
    """The same of domains that were asked for already."""
    in_pools = {volume for domain in domains for xml in (domain.now, domain.later) for volume in volumes(xml)}
    paths = ask(AskVolumes(virsh, tuple(sorted(in_pools)))) if in_pools else {}
    bare = tuple(_vm(domain, paths) for domain in domains)
    wanted = {(d.source, d.format) for vm in bare for d in every_disk(vm) if _is_unknown(d, sized)}
    images = ask(AskImages(virsh, tuple(sorted(wanted)), lenient=True)) if wanted else {}
    return tuple(
        replace(
            vm,
            disks=tuple(_known(disk, images) for disk in vm.disks),
            next_disks=tuple(_known(disk, images) for disk in vm.next_disks),
        )
        for vm in bare
    )


def _vm(domain: Domain, paths: Paths) -> VM:
    return VM(
        uuid=domain.uuid,
        name=domain.name,
        power=domain.power,
        disks=disks(domain.now, paths),
        next_disks=disks(domain.later, paths),
        nics=nics(domain.now),
        buses=buses(domain.now),
        persistent=domain.persistent,
        saved=domain.saved,
    )


def _is_unknown(disk: Disk, sized: bool) -> bool:
    """libvirt says what a disk is an overlay of only while the VM runs, and never how large it is."""
    if not disk.source or disk.is_medium:
        return False
    return sized or not (disk.chain or disk.format == "raw")


def _known(disk: Disk, images: dict[str, Image]) -> Disk:
    """One whose image is gone or broken stays as it is: its VM cannot start, and must not hide the others."""
    image = images.get(disk.source)
    return replace(disk, chain=disk.chain or image.chain, size=image.size) if image else disk
