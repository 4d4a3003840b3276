"""What is asked for: one boot of one VM's clone. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json

LEAST_SECONDS, SECONDS, MOST_SECONDS = 60, 300, 1800
FORMATS = ("qcow2", "raw")
PATH = re.compile(r"(?:/[^/\x00-\x1f,:\\]+)+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CLONES = uuid.UUID("a4a1c9f5-21c2-5d0b-8f43-2f0f5f0f6f11")


@dataclass(frozen=True, slots=True)
class Wish:
    """One proof.

    host     the hypervisor, by its name in the inventory
    proves   the host whose VM it is, by its name in the inventory
    vm, uuid the VM as the hypervisor has it
    seconds  in which it has to come up
    image    a backup, a disk image on the hypervisor, to boot in the place of the first disk; empty for the VM itself
    format   what the image is, said by a person and never guessed: qcow2 or raw
    """

    host: str
    proves: str
    vm: str
    uuid: str
    seconds: int = SECONDS
    image: str = ""
    format: str = ""

    @property
    def machine(self) -> str:
        """The machine in words, with its VM where that is called otherwise."""
        return machine_of(self.proves, self.vm)

    @property
    def clone(self) -> str:
        """The clone's name."""
        return f"{self.vm}-proof"

    @property
    def clone_uuid(self) -> str:
        """Always the same for the same VM, so that what a broken-off run left behind is known again."""
        return clone_of(self.uuid)

    def to_json(self) -> dict[str, Json]:
        return asdict(self)

    @classmethod
    def from_json(cls, params: Mapping[str, Json]) -> Wish:
        """The wish in `params`. Raises ValueError with a sentence."""
        try:
            words = {name: str(params[name]) for name in ("host", "proves", "vm", "uuid")}
            more = {name: str(params.get(name) or "") for name in ("image", "format")}
            return cls(**words, **more, seconds=int(params.get("seconds", SECONDS)))
        except KeyError as error:
            raise ValueError(f"The request lacks {error}.") from error
        except (TypeError, ValueError) as error:
            raise ValueError("seconds is a number.") from error


def short(name: str) -> str:
    """A machine's name in small letters, without its domain."""
    return name.partition(".")[0].casefold()


def same_name(one: str, other: str) -> int:
    """2: the same but for the case of letters; 1: without their domains; 0: two names."""
    return (one.casefold() == other.casefold()) + (short(one) == short(other))


def machine_of(proves: str, vm: str) -> str:
    return proves if same_name(proves, vm) else f"{proves} (the VM {vm})"


def clone_of(vm: str) -> str:
    """The UUID of the clone of the VM with this one."""
    return str(uuid.uuid5(CLONES, vm))


def wish_problems(wish: Wish) -> Iterator[tuple[str, str]]:
    """(field, sentence) of everything that is wrong whatever the hypervisor is like."""
    if not LEAST_SECONDS <= wish.seconds <= MOST_SECONDS:
        yield (
            "seconds",
            f"A clone is given {LEAST_SECONDS} to {MOST_SECONDS} seconds to come up, not {wish.seconds}.",
        )
    if not UUID.fullmatch(wish.uuid):
        yield "vm", f"{wish.uuid!r} is no UUID of a VM. Choose the VM by the UUID that libvirt has for it."
    if wish.image and not PATH.fullmatch(wish.image):
        yield (
            "image",
            f"{wish.image!r} is no absolute path of a disk image on the hypervisor, or has a comma, colon or backslash"
            " in it. Give one such as /backup/app01.qcow2.",
        )
    if wish.image and wish.format not in FORMATS:
        yield "format", "Say what the backup is, qcow2 or raw. It is never guessed: a guest could write another header."
    if wish.format and not wish.image:
        yield "image", "A format was given and no backup. Give the backup's path, or leave both empty."
