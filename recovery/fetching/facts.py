"""What the hypervisor says of the lost VM, of the template, and of everybody else who may have the disks."""

from __future__ import annotations

import re
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
from recovery.fetching.wish import Wish, wish_problems
from ssh.command import Command
from ssh.facts import Ask, FactError
from ssh.sections import ended_well
from ssh.session import Result

VIRSH = Virsh()


SEED = r"""
path=$1
[ "$(readlink -f -- "$path")" = "$path" ] || { echo "way"; exit 0; }
[ -f "$path" ] || { echo "file"; exit 0; }
sha256sum <"$path"
"""
PROBLEMS = {
    "way": "The seed {path} is not there, or leads elsewhere by a link. Name the file itself.",
    "file": "The seed {path} is no regular file. Make a cloud-init seed (cloud-localds) and name that.",
}


@dataclass(frozen=True, slots=True)
class Seed:
    """What a clone is told at its first boot: its SHA-256, or why it cannot be one; nothing where there is none."""

    sha256: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AskSeed:
    """A real answer: `b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c  -`"""

    path: str
    name = "the seed"

    def command(self) -> Command:
        return Command(("sh", "-c", SEED, "regroup", self.path), sudo=True)

    def parse(self, result: Result) -> Seed:
        word = ended_well(result, self.name).split(" ")[0].strip()
        if word in PROBLEMS:
            return Seed(problem=PROBLEMS[word].format(path=self.path))
        if not re.fullmatch(r"[0-9a-f]{64}", word):
            raise FactError(f"{self.name}: its SHA-256 has an unknown shape.")
        return Seed(word)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan is made from.

    look      all VMs with the sizes of their disks, and which file each path is
    images    path → image, of every disk of the lost VM and of the template
    template  the template's XML, "" where none is wanted or it is not there
    disks     place → the lost VM's own XML of that disk, for the way back
    seed      of the clone
    """

    look: Look
    images: Mapping[str, Image]
    template: str
    disks: Mapping[str, str]
    seed: Seed = Seed()

    def vm(self, name: str) -> VM | None:
        return next((vm for vm in self.look.vms if vm.name == name), None)

    def to_json(self) -> dict[str, Json]:
        return {
            "look": kept.to_json(self.look),
            "images": {path: asdict(image) for path, image in self.images.items()},
            "template": self.template,
            "disks": dict(self.disks),
            "seed": asdict(self.seed),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Facts:
        """What `to_json` made."""
        images = {path: Image(**{**row, "chain": tuple(row["chain"])}) for path, row in data["images"].items()}
        seed = Seed(**data.get("seed", {}))
        return cls(kept.from_json(data["look"]), images, data["template"], data["disks"], seed)


def gather(wish: Wish, ask: Ask) -> Facts:
    """Ask the hypervisor. Only reads; raises FactError or SessionError."""
    domains = ask(AskDomains(VIRSH))
    known = vms_of(ask, VIRSH, domains)
    concerned = [vm for vm in known if vm.name in {wish.vm, wish.template}]
    wanted = {(disk.source, disk.format) for vm in concerned for disk in own_disks(vm)}
    images = ask(AskImages(VIRSH, tuple(sorted(wanted)))) if wanted else {}
    template = next((written(domain.later) for domain in domains if domain.name == wish.template), "")
    disks = next((dict(_own_xml(domain)) for domain in domains if domain.name == wish.vm), {})
    more = [path for image in images.values() for path in image.chain]
    is_named = wish.seed and "seed" not in dict(wish_problems(wish))
    seed = ask(AskSeed(wish.seed)) if is_named else Seed()
    more += [wish.seed] if seed.sha256 else []
    return Facts(look_at(ask, VIRSH, known, *more), images, template, disks, seed)


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
