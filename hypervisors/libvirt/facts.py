"""What is asked of libvirt and of qemu-img. Each a command and the strict parser of its answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element  # noqa: S405  # made by xml.parsed, which refuses document types

from hypervisors.libvirt.words import Virsh, shortened
from hypervisors.libvirt.xml import parsed
from hypervisors.values import Image, Power
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import Parts, ended_well, part, parts
from ssh.session import Result

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
POWERS = {
    "running": Power.ON,
    "idle": Power.ON,
    "in shutdown": Power.ON,
    "paused": Power.PAUSED,
    "pmsuspended": Power.PAUSED,
    "shut off": Power.OFF,
    "crashed": Power.OTHER,
    "no state": Power.OTHER,
}


LIST = r"""
uri=$1
part() { name=$1; shift; printf '@@begin %s\n' "$name"; "$@"; printf '\n@@end %s %s\n' "$name" $?; }
v() { virsh -q -c "$uri" "$@" 2>&1; }
part before v list --all --uuid
for uuid in $(v list --all --uuid); do
    case $uuid in *[!0-9a-f-]*) break ;; esac
    part "state:$uuid" v domstate "$uuid"
    part "later:$uuid" v dumpxml "$uuid" --inactive
    part "now:$uuid" v dumpxml "$uuid"
done
part persistent v list --all --persistent --uuid
part saved v list --all --with-managed-save --uuid
part after v list --all --uuid
"""


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain as libvirt has it; `now` is its XML as it runs, `later` as it will be started next.

    persistent  False where libvirt forgets it once it is off
    saved       whether libvirt keeps a managed save image of it: its next start goes on from there
    """

    uuid: str
    name: str
    power: Power
    now: Element
    later: Element
    persistent: bool
    saved: bool


@dataclass(frozen=True, slots=True)
class AskDomains:
    """All domains, in one command however many there are. Real parts (the XML shortened):

    @@begin state:1f0c2634-306c-47d4-83f0-d7caea0daf02
    shut off
    @@end state:1f0c2634-306c-47d4-83f0-d7caea0daf02 0
    @@begin later:1f0c2634-306c-47d4-83f0-d7caea0daf02
    <domain type='qemu'>…</domain>
    @@end later:1f0c2634-306c-47d4-83f0-d7caea0daf02 0

    One that was removed between two of its parts is left out.
    """

    virsh: Virsh
    name = "libvirt's domains"

    def command(self) -> Command:
        return Command(("sh", "-c", LIST, "regroup", self.virsh.uri), sudo=True, timeout=120)

    def parse(self, result: Result) -> tuple[Domain, ...]:
        found = parts(ended_well(result, self.name), self.name)
        status, text = found.get("before", (1, "no answer"))
        if status:
            raise FactError(f"{self.name} could not be read: {text}")
        left, persistent, saved = (part(found, name, self.name).split() for name in ("after", "persistent", "saved"))
        return tuple(
            self._domain(uuid, found, persistent=uuid in persistent, saved=uuid in saved)
            for uuid in text.split()
            if uuid in left
        )

    def _domain(self, uuid: str, found: Parts, *, persistent: bool, saved: bool) -> Domain:
        if not UUID.fullmatch(uuid):
            raise FactError(f"{self.name}: expected a UUID and got {uuid!r}.")
        word = part(found, f"state:{uuid}", self.name).strip()
        if word not in POWERS:
            raise FactError(f"{self.name}: no known state: {word!r}.")
        later, now = (parsed(part(found, f"{when}:{uuid}", self.name)) for when in ("later", "now"))
        return Domain(uuid, later.findtext("name") or "", POWERS[word], now, later, persistent, saved)


IMAGES = r"""
lenient=$1 number=0; shift
info() { qemu-img info --output=json -U "$@" 2>&1; }
while [ $# -gt 0 ]; do
    printf '@@begin %s\n' "$number"
    if [ -e "$2" ]; then
        said=$(info --backing-chain -f "$1" -- "$2"); status=$?
        if [ $status -ne 0 ] && [ "$lenient" = yes ]; then said=$(info -f "$1" -- "$2"); status=$?; fi
        printf '%s\n' "$said"
    else
        echo "There is no file $2."; status=44
    fi
    printf '\n@@end %s %s\n' "$number" "$status"
    number=$((number + 1)); shift 2
done
"""
ABSENT = 44


@dataclass(frozen=True, slots=True)
class AskImages:
    """{path: the image} of (path, format)s, with what each is an overlay of; without those that are not there.

    `-U`: a running VM may have it open. The format is said and never guessed: whoever writes to a raw disk can write
    another format's header there, with any file of the hypervisor as its base. Real (shortened):
    [{"virtual-size": 67108864, "filename": "/…/old.qcow2", "format": "qcow2", …},
     {"virtual-size": 67108864, "filename": "/…/base.img", "format": "raw", …}]

    lenient  for all VMs at once, where one broken image must not hide the others: of one whose base cannot be read the
             base's path alone is told, and one that cannot be read itself is left out
    Then, where the base was moved: {…, "filename": "/…/old.qcow2", "full-backing-filename": "/…/base.img", …}
    """

    virsh: Virsh
    images: tuple[tuple[str, str], ...]
    lenient: bool = False
    name = "disk images"

    def command(self) -> Command:
        words = (word for path, form in self.images for word in (form, path))
        lenient = "yes" if self.lenient else "no"
        return Command(("sh", "-c", IMAGES, "regroup", lenient, *words), sudo=True, timeout=120)

    def parse(self, result: Result) -> dict[str, Image]:
        found = parts(ended_well(result, self.name), self.name)
        images = {}
        for number, (path, form) in enumerate(self.images):
            status, text = found.get(str(number), (1, "no answer"))
            if status == ABSENT or (status and self.lenient and str(number) in found):
                continue
            if status:
                raise FactError(f"The image {path} cannot be read as {form}: {shortened(text)}")
            images[path] = _image(path, text)
        return images


def _image(path: str, text: str) -> Image:
    try:
        told = json.loads(text)
        chain = [told] if isinstance(told, dict) else told
        names = [str(link["filename"]) for link in chain]
        if isinstance(told, dict) and "full-backing-filename" in told:
            names.append(str(told["full-backing-filename"]))
        return Image(path, str(chain[0]["format"]), int(chain[0]["virtual-size"]), tuple(names[1:]))
    except (ValueError, LookupError, TypeError) as error:
        raise FactError(f"The image {path}: qemu-img's answer has no known shape.") from error


HARMLESS = re.compile(r"No such file or directory|^sudo: unable to resolve host ")
"""Said beside an answer: a file is not there, or the hypervisor cannot resolve its own name."""


@dataclass(frozen=True, slots=True)
class AskFiles:
    """{path: what the kernel calls the file}, without those that are not there. A real line:

    fe00:1314 0:0 regular file|/var/lib/libvirt/images/old.qcow2
    """

    virsh: Virsh
    paths: tuple[str, ...]
    name = "which file a path is"

    def command(self) -> Command:
        return Command(("stat", "-L", "-c", "%D:%i %t:%T %F|%n", "--", *self.paths), sudo=True)

    def parse(self, result: Result) -> dict[str, str]:
        found = {}
        for line in result.text.splitlines():
            where, bar, path = line.partition("|")
            words = where.split(" ", 2)
            if not bar or len(words) != 3 or path not in self.paths:
                raise FactError(f"{self.name}: an unknown shape: {line!r}.")
            # A block device is the same by any of its names, each of which is a file of its own.
            found[path] = f"block {words[1]}" if words[2] == "block special file" else f"file {words[0]}"
        unread = [line for line in result.error_text.splitlines() if not HARMLESS.search(line)]
        if unread:
            raise FactError(f"{self.name}: {unread[0]}")
        return found


@dataclass(frozen=True, slots=True)
class AskHypervisor:
    """Whether libvirt and qemu-img are there. A real answer: `yes`"""

    name = "whether it is a hypervisor"

    def command(self) -> Command:
        text = "command -v virsh qemu-img >/dev/null && virsh -q -c qemu:///system uri >/dev/null 2>&1"
        text += " && echo yes || echo no"
        return Command(("sh", "-c", text), sudo=True)

    def parse(self, result: Result) -> bool:
        return ended_well(result, self.name).strip() == "yes"
