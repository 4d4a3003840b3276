"""What is asked for: whose disks, as what, and who gets them. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json
from hypervisors.values import NAMES, SERIALS, Clone

OVERLAY, COPY, ORIGINAL = "overlay", "copy", "original"
"""Work on an overlay of each disk, which leaves the disk itself as it is · on a whole copy · on the disk itself."""

WAYS = (OVERLAY, COPY, ORIGINAL)
GIB = 1 << 30
MOST_GIB = 65536
PATH = re.compile(r"/[^\n\0]{1,400}")


@dataclass(frozen=True, slots=True)
class Wish:
    """One fetch.

    host      the hypervisor, by its name as a host
    vm        the lost VM, as the inventory and the hypervisor both call it
    disks     paths of the images wanted; empty for all it has
    way       overlay, copy or original
    token     what makes this fetch another than the next one of the same VM: part of names that it makes
    target    the VM that runs and gets the disks; empty for a clone of `template`
    template  the VM that the clone is made of
    name      the clone's name, which becomes its name as a host
    gib       size of the clone's first disk in GiB, 0 for the template's
    network   the platform's network for the clone's NICs, empty for the template's
    seed      a cloud-init seed on the hypervisor, shown to the clone as a CD; empty for none
    address   where the clone will be reached; empty for the address that its agent tells
    port      of its sshd
    like      a host whose login, credential and jump host are the clone's too
    discard   whether an undo throws the clone away; else it stays
    """

    host: str
    vm: str
    token: str
    disks: tuple[str, ...] = ()
    way: str = OVERLAY
    target: str = ""
    template: str = ""
    name: str = ""
    gib: int = 0
    network: str = ""
    seed: str = ""
    address: str = ""
    port: int = 22
    like: str = ""
    discard: bool = True

    @property
    def clone(self) -> Clone | None:
        if not self.template:
            return None
        return Clone(
            self.template, self.name, self.token, size=self.gib * GIB or None, network=self.network, seed=self.seed
        )

    def serial(self, target: str) -> str:
        """The serial number under which the guest will see the lost VM's disk at `target`."""
        plain = f"{self.vm}-{target}"
        if SERIALS.fullmatch(plain):
            return plain
        return f"{target}-{hashlib.sha256(plain.encode()).hexdigest()[:8]}"

    def to_json(self) -> dict[str, Json]:
        return {**asdict(self), "disks": list(self.disks)}

    @classmethod
    def from_json(cls, params: Mapping[str, Json]) -> Wish:
        """The wish in `params`. Raises ValueError with a sentence where something is missing."""
        try:
            known = {name: params[name] for name in cls.__dataclass_fields__ if name in params}
            return cls(**{**known, "disks": tuple(params.get("disks", ()))})
        except TypeError as error:
            raise ValueError(f"The request is not whole: {error}.") from error


def wish_problems(wish: Wish) -> Iterator[tuple[str, str]]:
    """(field, sentence) of all that is wrong with a wish by itself."""
    if wish.way not in WAYS:
        yield "way", f"There is no way {wish.way!r}: choose overlay, copy or original."
    if bool(wish.target) == bool(wish.template):
        yield "target", "Name either a VM that runs and gets the disks, or a template to make a clone of; not both."
    if wish.vm in {wish.target, wish.template}:
        yield "target", "The lost VM cannot be its own rescue. Choose another VM."
    for path in wish.disks:
        if not PATH.fullmatch(path):
            yield "disks", f"{path!r} is no absolute path of an image on the hypervisor."
    if wish.template:
        yield from _clone_problems(wish)


def _clone_problems(wish: Wish) -> Iterator[tuple[str, str]]:
    if not NAMES.fullmatch(wish.name):
        yield "name", "Give the clone a name: at most 63 letters, digits, dots, dashes and underscores."
    if wish.name.lower() == wish.vm.lower():
        yield "name", f"{wish.vm} is the lost VM's name. Give the clone another one."
    if not 0 <= wish.gib <= MOST_GIB:
        yield "gib", f"The size is in GiB, 1 to {MOST_GIB}; 0 leaves it as the template has it."
    if wish.network and not NAMES.fullmatch(wish.network):
        yield "network", f"{wish.network!r} cannot be a network of the hypervisor. Leave it empty for the template's."
    if wish.seed and not (PATH.fullmatch(wish.seed) and wish.seed.endswith(".iso") and "/../" not in wish.seed):
        yield "seed", f"{wish.seed!r} is no absolute path of an .iso, a cloud-init seed on the hypervisor."
    if not 1 <= wish.port <= 65535:
        yield "port", "A port is a number from 1 to 65535; 22 is SSH's own."
