"""A clone's XML for a boot that reaches nobody: the VM's machine with copies of its disks, and no way out. Pure.

Every NIC stays, in its place, with its link down, on a UDP socket of the loopback interface that nobody listens to:
the guest finds its cards, and what it says would go nowhere even if somebody raised the link. Libvirt's own words for
a card without a network do not serve: `type='null'` crashes libvirtd 9.0, and `user` has a way out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree  # noqa: S405  # only written here
from xml.etree.ElementTree import Element  # noqa: S405

from hypervisors.libvirt.cloning import mac
from hypervisors.libvirt.xml import AGENT, MARK, QEMU, disks, source
from hypervisors.values import Disk

NOT_TUNED = (
    *("title", "description", "metadata", "genid", "cputune", "numatune", "memtune", "blkiotune", "resource"),
    *("memoryBacking", "maxMemory", "memory", "currentMemory", "seclabel", "perf"),
    f"{QEMU}commandline",
    f"{QEMU}override",
)
"""What makes it the VM that it is, has the hypervisor's resources for itself, or is a word to QEMU past libvirt."""

LEFT_OUT = {
    "hostdev": "a device of the hypervisor",
    "redirdev": "a redirected USB device",
    "lease": "a lease",
    "filesystem": "a folder of the hypervisor",
    "shmem": "shared memory",
    "pstore": "a store for the last words of its kernel",
    "vsock": "a socket to the hypervisor",
    "tpm": "a TPM, whose secrets a clone has not",
    "memory": "a memory module",
    "smartcard": "a smartcard",
    "crypto": "a crypto device",
    "input[@type='evdev']": "an input device of the hypervisor",
    "input[@type='passthrough']": "an input device of the hypervisor",
    "rng/backend[@model='egd']/..": "a socket for random numbers",
}
"""Devices by where they are, and what they are in words."""
QUIETLY = ("graphics", "audio", "sound", "parallel", "console", "channel", "serial", "video")


@dataclass(frozen=True, slots=True)
class Apart:
    """What the clone is: its name and UUID, whose clone, its memory in KiB, and where its files are.

    paths  target of each disk → its copy, qcow2
    nvram  the copy of the VM's variables of its firmware; empty where it has none
    """

    name: str
    uuid: str
    of: str
    memory: int
    paths: Mapping[str, str]
    console: str
    nvram: str = ""


def own_disks(domain: Element) -> tuple[tuple[Disk, str], ...]:
    """Each disk that is no medium, and what it is for libvirt: file, block, network, volume, or `encrypted`."""
    rows = zip(domain.iterfind("devices/disk"), disks(domain), strict=True)
    return tuple((disk, _type(element)) for element, disk in rows if not disk.is_medium)


def _type(element: Element) -> str:
    hidden = element.find("encryption") is not None or element.find("source/encryption") is not None
    return "encrypted" if hidden else element.get("type", "file")


def memory_of(domain: Element) -> int:
    """In KiB, as libvirt writes it."""
    return int(domain.findtext("currentMemory") or domain.findtext("memory") or "0")


def left_out(domain: Element) -> tuple[str, ...]:
    """What of the VM its clone lacks, in words, once each."""
    devices = domain.find("devices")
    found = [words for tag, words in LEFT_OUT.items() if devices is not None and devices.find(tag) is not None]
    past = ["words to QEMU past libvirt"] if domain.find(f"{QEMU}commandline") is not None else []
    return tuple(dict.fromkeys([*found, *past]))


def apart(domain: Element, wish: Apart) -> Element:
    """The clone's XML, made out of the VM's (which is changed)."""
    devices = domain.find("devices")
    if devices is None:
        devices = ElementTree.SubElement(domain, "devices")
    for tag in NOT_TUNED:
        _without(domain, tag)
    for tag in (*LEFT_OUT, *QUIETLY):
        _without(devices, tag)
    _named(domain, wish)
    _machine(domain, wish)
    for element in devices.findall("disk"):
        _disk(devices, element, wish.paths)
    for number, element in enumerate(devices.findall("interface")):
        _nic(element, wish.uuid, number)
    _heard(devices, wish.console)
    return domain


def _without(parent: Element, tag: str) -> None:
    for old in parent.findall(tag):
        parent.remove(old)


def _named(domain: Element, wish: Apart) -> None:
    for tag, text in (("uuid", wish.uuid), ("name", wish.name)):
        _without(domain, tag)
        element = Element(tag)
        element.text = text
        domain.insert(0, element)
    mark = ElementTree.SubElement(ElementTree.SubElement(domain, "metadata"), f"{{{MARK}}}proof")
    mark.set("of", wish.of)
    for entry in domain.iterfind("sysinfo/system/entry[@name='uuid']"):
        entry.text = wish.uuid


def _machine(domain: Element, wish: Apart) -> None:
    for tag in ("memory", "currentMemory"):
        ElementTree.SubElement(domain, tag, unit="KiB").text = str(wish.memory)
    for vcpu in domain.iterfind("vcpu"):
        vcpu.attrib.pop("cpuset", None)
    for cpu in domain.iterfind("cpu"):
        _without(cpu, "numa")
    for firmware in domain.iterfind("os"):
        for boot in firmware.findall("boot[@dev='network']"):
            firmware.remove(boot)
        for nvram in firmware.findall("nvram"):
            _without(nvram, "source")
            nvram.attrib.pop("type", None)
            nvram.text = wish.nvram
    for event in ("on_poweroff", "on_crash"):
        _without(domain, event)
        ElementTree.SubElement(domain, event).text = "destroy"


def _disk(devices: Element, element: Element, paths: Mapping[str, str]) -> None:
    """A copy in the place of a disk; of media only files, which nobody writes to."""
    if element.get("device", "disk") in {"cdrom", "floppy"}:
        if element.get("type") != "file":
            devices.remove(element)
        elif element.find("readonly") is None:
            ElementTree.SubElement(element, "readonly")
        return
    place = element.find("target")
    target = "" if place is None else place.get("dev", "")
    for tag in ("source", "driver", "backingStore", "mirror", "readonly", "shareable", "transient", "alias"):
        _without(element, tag)
    element.set("type", "file")
    element.insert(0, Element("source", file=paths[target]))
    # Thrown away afterwards: nothing of it has to be on disk.
    element.insert(0, Element("driver", name="qemu", type="qcow2", cache="unsafe"))


def _nic(element: Element, uuid: str, number: int) -> None:
    kept = [child for child in element if child.tag in ("model", "address", "rom")]
    for child in list(element):
        element.remove(child)
    element.attrib.clear()
    element.set("type", "udp")
    ElementTree.SubElement(element, "mac", address=mac(uuid, number))
    nowhere = ElementTree.SubElement(element, "source", address=_loopback(uuid), port="9")
    ElementTree.SubElement(nowhere, "local", address=_loopback(uuid), port=str(9100 + number))
    element.extend(kept)
    ElementTree.SubElement(element, "link", state="down")


def _loopback(uuid: str) -> str:
    """An address of the loopback network for this clone alone: two clones' sockets never meet."""
    digest = hashlib.sha256(uuid.encode()).digest()
    return f"127.{digest[0]}.{digest[1]}.{digest[2] % 254 + 1}"


def _heard(devices: Element, console: str) -> None:
    """A serial console that goes to a file, the agent's channel, and a screen that nobody sees but QEMU's monitor."""
    ElementTree.SubElement(ElementTree.SubElement(devices, "serial", type="file"), "source", path=console, append="off")
    channel = ElementTree.SubElement(devices, "channel", type="unix")
    ElementTree.SubElement(channel, "target", type="virtio", name=AGENT)
    ElementTree.SubElement(ElementTree.SubElement(devices, "video"), "model", type="vga")


def marked_as_proof_of(domain: Element) -> str:
    """The UUID of the VM whose proof this domain is; empty where it is none of ours."""
    mark = domain.find(f"metadata/{{{MARK}}}proof")
    return "" if mark is None else mark.get("of", "")


def nvram_of(domain: Element) -> str:
    """The file with the variables of its firmware; empty where it has none, or none that is named."""
    found = domain.find("os/nvram")
    if found is None:
        return ""
    return (found.text or "").strip() or source(found)
