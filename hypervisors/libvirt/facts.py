"""What is asked of libvirt and of qemu-img. Each a command and the strict parser of its answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element  # noqa: S405  # made by xml.parsed, which refuses document types

from hypervisors.libvirt.words import Virsh, said
from hypervisors.libvirt.xml import parsed
from hypervisors.protocol import Image, Power
from ssh.command import Command
from ssh.facts import FactError
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


class GoneMeanwhile(FactError):
    """A domain of the list was removed before it was asked after."""


@dataclass(frozen=True, slots=True)
class AskDomains:
    """(UUID, name) of all. A real line: `1f0c2634-306c-47d4-83f0-d7caea0daf02 old`"""

    virsh: Virsh
    name = "libvirt's domains"

    def command(self) -> Command:
        return self.virsh("list", "--all", "--uuid", "--name")

    def parse(self, result: Result) -> tuple[tuple[str, str], ...]:
        _well(result, self.name)
        found = []
        for line in result.text.splitlines():
            if not line.strip():
                continue
            uuid, _, name = line.strip().partition(" ")
            if not UUID.fullmatch(uuid) or not name.strip():
                raise FactError(f"{self.name}: expected a UUID and a name in the line {line!r}.")
            found.append((uuid, name.strip()))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class AskPower:
    """A real answer: `shut off`"""

    virsh: Virsh
    uuid: str
    name = "a domain's state"

    def command(self) -> Command:
        return self.virsh("domstate", self.uuid)

    def parse(self, result: Result) -> Power:
        _well(result, self.name)
        word = result.text.strip()
        if word not in POWERS:
            raise FactError(f"{self.name}: no known word: {word!r}.")
        return POWERS[word]


@dataclass(frozen=True, slots=True)
class AskXML:
    """The domain's XML as it runs, or (`inactive`) as it will be started next."""

    virsh: Virsh
    uuid: str
    inactive: bool = False
    name = "a domain's XML"

    def command(self) -> Command:
        return self.virsh("dumpxml", self.uuid, *(["--inactive"] if self.inactive else []))

    def parse(self, result: Result) -> Element:
        _well(result, self.name)
        return parsed(result.text)


@dataclass(frozen=True, slots=True)
class AskSizes:
    """{target: bytes}. Real lines (the last is an empty drive):

    Target   Capacity   Allocation   Physical
    sda      67108864   196616       196616
    sdb      -          -            -
    """

    virsh: Virsh
    uuid: str
    name = "the sizes of a domain's disks"

    def command(self) -> Command:
        return self.virsh("domblkinfo", self.uuid, "--all")

    def parse(self, result: Result) -> dict[str, int]:
        _well(result, self.name)
        found = {}
        for line in result.text.splitlines():
            words = line.split()
            if len(words) != 4 or words[0] == "Target":
                if words and words[0] != "Target" and set(line.strip()) != {"-"}:
                    raise FactError(f"{self.name}: expected four fields in the line {line!r}.")
                continue
            if words[1] != "-":
                if not words[1].isdecimal():
                    raise FactError(f"{self.name}: no number of bytes in the line {line!r}.")
                found[words[0]] = int(words[1])
        return found


@dataclass(frozen=True, slots=True)
class AskSnapshots:
    """Names, one a line."""

    virsh: Virsh
    uuid: str
    name = "a domain's snapshots"

    def command(self) -> Command:
        return self.virsh("snapshot-list", self.uuid, "--name")

    def parse(self, result: Result) -> tuple[str, ...]:
        _well(result, self.name)
        return tuple(line.strip() for line in result.text.splitlines() if line.strip())


@dataclass(frozen=True, slots=True)
class AskImage:
    """An image and what it is an overlay of. `-U`: a running VM may have it open.

    The format is said and never guessed: whoever writes to a raw disk can write another format's header there, with any
    file of the hypervisor as its base. Real (shortened):
    [{"virtual-size": 67108864, "filename": "/…/old.qcow2", "format": "qcow2", …},
     {"virtual-size": 67108864, "filename": "/…/base.img", "format": "raw", …}]
    """

    virsh: Virsh
    path: str
    format: str
    name = "a disk image"

    def command(self) -> Command:
        words = ("qemu-img", "info", "--output=json", "--backing-chain", "-U", "-f", self.format, "--", self.path)
        return self.virsh.tool(*words)

    def parse(self, result: Result) -> Image:
        if result.status:
            raise FactError(f"The image {self.path} cannot be read as {self.format}: {said(result)}")
        try:
            chain = json.loads(result.text)
            names = [str(link["filename"]) for link in chain]
            return Image(self.path, str(chain[0]["format"]), int(chain[0]["virtual-size"]), tuple(names[1:]))
        except (ValueError, LookupError, TypeError) as error:
            raise FactError(f"The image {self.path}: qemu-img's answer has no known shape.") from error


@dataclass(frozen=True, slots=True)
class AskFiles:
    """{path: what the kernel calls the file}, without those that are not there. A real line:

    fe00:1314 0:0 regular file|/var/lib/libvirt/images/old.qcow2
    """

    virsh: Virsh
    paths: tuple[str, ...]
    name = "which file a path is"

    def command(self) -> Command:
        return self.virsh.tool("stat", "-L", "-c", "%D:%i %t:%T %F|%n", "--", *self.paths)

    def parse(self, result: Result) -> dict[str, str]:
        found = {}
        for line in result.text.splitlines():
            where, bar, path = line.partition("|")
            words = where.split(" ", 2)
            if not bar or len(words) != 3 or path not in self.paths:
                raise FactError(f"{self.name}: an unknown shape: {line!r}.")
            # A block device is the same by any of its names, each of which is a file of its own.
            found[path] = f"block {words[1]}" if words[2] == "block special file" else f"file {words[0]}"
        unread = [line for line in result.error_text.splitlines() if "No such file or directory" not in line]
        if unread:
            raise FactError(f"{self.name}: {unread[0]}")
        return found


def _well(result: Result, what: str) -> None:
    if result.status:
        text = said(result)
        gone = "failed to get domain" in text or "Domain not found" in text
        raise (GoneMeanwhile if gone else FactError)(f"{what} could not be read: {text}")
