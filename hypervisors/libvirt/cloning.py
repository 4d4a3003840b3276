"""A clone's XML from its template's, and the names of its disks. Pure."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from xml.etree import ElementTree  # noqa: S405  # only written here
from xml.etree.ElementTree import Element  # noqa: S405

from hypervisors.libvirt.xml import MARK, QEMU, free_target, source
from hypervisors.values import Clone, HypervisorError

FOR_ITSELF = "a device of the hypervisor for itself"
NOT_TWICE = {
    "devices/hostdev": FOR_ITSELF,
    "devices/redirdev": FOR_ITSELF,
    "devices/lease": FOR_ITSELF,
    "devices/filesystem": "a folder of the hypervisor",
    "devices/shmem": "memory that it shares with others",
    "devices/vsock": "a socket to the hypervisor",
    f"{QEMU}commandline": "words to QEMU past libvirt",
    f"{QEMU}override": "words to QEMU past libvirt",
}
"""What a template may not have: its place in the domain, and what it is in words."""

UEFI = ("os/nvram", "os[@firmware='efi']", "os/loader[@type='pflash']")
LOCAL = "127.0.0.1"


def mac(uuid: str, number: int) -> str:
    """The MAC address of a clone's NIC: always the same for the same clone, in QEMU's range."""
    digest = hashlib.sha256(f"{uuid} {number}".encode()).hexdigest()
    return "52:54:00:" + ":".join(digest[at : at + 2] for at in (0, 2, 4))


def disk_path(wish: Clone, uuid: str, template_path: str, target: str) -> str:
    """Where the copy of a disk lies: beside the template's, under the clone's name and a piece of its UUID."""
    return str(PurePosixPath(template_path).parent / f"{wish.name}-{uuid[:8]}-{target}.qcow2")


def own_disks(template: Element) -> list[tuple[str, str, str]]:
    """(target, path, format) of the disks that a clone needs copies of. Raises HypervisorError: one is no file."""
    found = []
    for element in template.iterfind("devices/disk"):
        if element.get("device", "disk") in {"cdrom", "floppy"} or element.find("readonly") is not None:
            continue
        place, driver = element.find("target"), element.find("driver")
        target = "" if place is None else place.get("dev", "")
        if element.get("type") != "file" or not source(element):
            raise HypervisorError(
                f"The template's disk {target} is no file but a {element.get('type')}: it cannot be copied yet. "
                "Choose a template whose disks are files."
            )
        found.append((target, source(element), (driver.get("type") if driver is not None else None) or "raw"))
    return found


def cloned(template: Element, wish: Clone, uuid: str) -> Element:
    """The clone's XML, made out of the template's (which is changed): name, UUID, MACs, disks and files of its own."""
    devices = template.find("devices")
    if devices is None:
        raise HypervisorError("The template's XML has no devices.")
    _may_be_cloned(template)
    copies = {target: disk_path(wish, uuid, path, target) for target, path, _ in own_disks(template)}
    _set(template, "name", wish.name)
    _set(template, "uuid", uuid)
    for entry in template.iterfind("sysinfo/system/entry[@name='uuid']"):
        entry.text = uuid  # libvirt defines none that says another
    _mark(template, wish)
    for element in devices.iterfind("disk"):
        _own_disk(element, copies)
    for number, element in enumerate(devices.iterfind("interface")):
        _own_nic(element, mac(uuid, number), wish.network)
    for kind in ("serial", "console", "parallel", "channel"):
        for origin in devices.iterfind(f"{kind}/source[@path]"):
            _own_path(origin, wish.name)
    for graphics in devices.iterfind("graphics"):
        _own_screen(graphics)
    if wish.seed:
        _seed(template, devices, wish.seed)
    return template


def _may_be_cloned(template: Element) -> None:
    for place, words in NOT_TWICE.items():
        if template.find(place) is not None:
            raise HypervisorError(f"The template has {words}, which a clone cannot have too. Choose another template.")
    if any(template.find(place) is not None for place in UEFI):
        raise HypervisorError(
            "The template boots by UEFI, and a clone would need a copy of its firmware's variables, which Regroup does"
            " not make. Choose another template, or name a VM that runs."
        )


def _set(parent: Element, tag: str, text: str) -> None:
    found = parent.find(tag)
    if found is None:
        found = ElementTree.SubElement(parent, tag)
    found.text = text


def _mark(domain: Element, wish: Clone) -> None:
    """Who made it and from what, for whoever finds it."""
    metadata = domain.find("metadata")
    if metadata is None:
        metadata = ElementTree.SubElement(domain, "metadata")
    for old in metadata.findall(f"{{{MARK}}}clone"):
        metadata.remove(old)
    ElementTree.SubElement(metadata, f"{{{MARK}}}clone", template=wish.template, token=wish.token)


def _own_disk(element: Element, copies: dict[str, str]) -> None:
    place = element.find("target")
    path = copies.get("" if place is None else place.get("dev", ""))
    if path is None:
        return
    for below in element.findall("backingStore"):
        element.remove(below)  # it is the template's; the copy's own is found by libvirt
    for tag in ("source", "driver"):
        for old in element.findall(tag):
            element.remove(old)
    element.insert(0, Element("source", file=path))
    element.insert(0, Element("driver", name="qemu", type="qcow2"))


def _own_nic(element: Element, address: str, network: str) -> None:
    for tag in ("mac", "target", "alias"):
        for old in element.findall(tag):
            element.remove(old)
    element.insert(0, Element("mac", address=address))
    if network:
        for old in element.findall("source"):
            element.remove(old)
        element.set("type", "network")
        element.insert(1, Element("source", network=network))


def _own_screen(graphics: Element) -> None:
    """Only on the hypervisor itself: the template's password is not in what libvirt tells of it."""
    for name in ("port", "tlsPort", "websocket"):
        if graphics.attrib.pop(name, None) is not None:
            graphics.set("autoport", "yes")
    graphics.attrib.pop("socket", None)
    if graphics.get("type") not in {"vnc", "spice", "rdp"}:
        return
    kinds = {listen.get("type") for listen in graphics.findall("listen")}
    for old in graphics.findall("listen"):
        graphics.remove(old)
    graphics.attrib.pop("listen", None)
    if kinds and kinds <= {"none", "socket"}:
        graphics.extend(Element("listen", type=str(kind)) for kind in sorted(kinds, key=str))
        return
    graphics.set("listen", LOCAL)
    graphics.insert(0, Element("listen", type="address", address=LOCAL))


def _own_path(origin: Element, name: str) -> None:
    path = PurePosixPath(origin.get("path", ""))
    if str(path).startswith("/dev/"):
        raise HypervisorError(f"The template's console is the hypervisor's {path}, which a clone cannot have as well.")
    origin.set("path", str(path.with_name(f"{name}-{path.name}")))


def _seed(domain: Element, devices: Element, path: str) -> None:
    machine = domain.find("os/type")
    bus = "sata" if machine is not None and "q35" in machine.get("machine", "") else "ide"
    taken = {found.get("dev", "") for found in devices.iterfind("disk/target")}
    disk = ElementTree.SubElement(devices, "disk", type="file", device="cdrom")
    ElementTree.SubElement(disk, "driver", name="qemu", type="raw")
    ElementTree.SubElement(disk, "source", file=path)
    ElementTree.SubElement(disk, "target", dev=free_target(bus, taken), bus=bus)
    ElementTree.SubElement(disk, "readonly")
