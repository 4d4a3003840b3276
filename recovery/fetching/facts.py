"""What the hypervisor says of the lost VM, of the template, and of everybody else who may have the disks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json
from hypervisors import kept
from hypervisors.libvirt.facts import AskDomains, AskImages, Domain
from hypervisors.libvirt.looking import look_at, vms, vms_of
from hypervisors.libvirt.words import Virsh
from hypervisors.libvirt.xml import written
from hypervisors.safety import Look
from hypervisors.values import VM, Disk, Image
from recovery.fetching.wish import Wish
from ssh.facts import Ask

VIRSH = Virsh()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan is made from.

    look      all VMs with the sizes of their disks, and which file each path is
    images    path → image, of every disk of the lost VM and of the template
    template  the template's XML, "" where none is wanted or it is not there
    disks     place → the lost VM's own XML of that disk, for the way back
    """

    look: Look
    images: Mapping[str, Image]
    template: str
    disks: Mapping[str, str]

    def vm(self, name: str) -> VM | None:
        return next((vm for vm in self.look.vms if vm.name == name), None)

    def to_json(self) -> dict[str, Json]:
        return {
            "look": kept.to_json(self.look),
            "images": {path: asdict(image) for path, image in self.images.items()},
            "template": self.template,
            "disks": dict(self.disks),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Facts:
        """What `to_json` made."""
        images = {path: Image(**{**row, "chain": tuple(row["chain"])}) for path, row in data["images"].items()}
        return cls(kept.from_json(data["look"]), images, data["template"], data["disks"])


def gather(wish: Wish, ask: Ask) -> Facts:
    """Ask the hypervisor. Only reads; raises FactError or SessionError."""
    domains = ask(AskDomains(VIRSH))
    known = vms_of(ask, VIRSH, domains)
    concerned = [vm for vm in known if vm.name in {wish.vm, wish.template}]
    wanted = {(disk.source, disk.format) for vm in concerned for disk in own_disks(vm)}
    images = ask(AskImages(VIRSH, tuple(sorted(wanted)))) if wanted else {}
    template = next((written(domain.later) for domain in domains if domain.name == wish.template), "")
    disks = next((dict(_own_xml(domain)) for domain in domains if domain.name == wish.vm), {})
    below = (path for image in images.values() for path in image.chain)
    return Facts(look_at(ask, VIRSH, known, *below), images, template, disks)


def own_disks(vm: VM) -> tuple[Disk, ...]:
    """Those that it will be started with, without drives for CDs and without what is no file."""
    return tuple(disk for disk in vm.next_disks if not disk.is_medium and disk.source)


def _own_xml(domain: Domain) -> Iterator[tuple[str, str]]:
    """(place, XML) of each disk."""
    for element in domain.later.iterfind("devices/disk"):
        place = element.find("target")
        if place is not None:
            yield place.get("dev", ""), written(element).strip()


def listed(ask: Ask) -> list[dict[str, Json]]:
    """All VMs of a hypervisor for a form, with the sizes of their disks."""
    return [_row(vm) for vm in sorted(vms(ask, VIRSH, sized=True), key=lambda vm: vm.name)]


def _row(vm: VM) -> dict[str, Json]:
    return {
        "uuid": vm.uuid,
        "name": vm.name,
        "power": str(vm.power),
        "disks": [
            {name: getattr(disk, name) for name in ("target", "bus", "source", "format", "serial", "size")}
            for disk in own_disks(vm)
        ],
        "macs": [nic.mac for nic in vm.nics],
        "buses": list(vm.buses),
    }
