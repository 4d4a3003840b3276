"""A domain's XML: read into values, and written for a disk or a clone. Pure.

    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/old.qcow2' index='1'/>
      <backingStore type='file' index='2'><format type='raw'/><source file='/…/base.img'/><backingStore/></backingStore>
      <target dev='sda' bus='scsi'/>
      <serial>old-rootvg</serial>
    </disk>

No domain needs a document type, and one is refused: with it come entities, which can be made to fill our memory or to
read our files. A hypervisor's answer is not trusted more than any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree  # noqa: S405  # what it is given has no document type: see parsed()
from xml.etree.ElementTree import Element  # noqa: S405

from hypervisors.libvirt.volumes import Paths, Volume
from hypervisors.values import Disk, Nic
from ssh.facts import FactError

DTD = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
MARK = "urn:regroup:hypervisors"
QEMU = "{http://libvirt.org/schemas/domain/qemu/1.0}"
"""Before the tags of words that go to QEMU past libvirt."""
AGENT = "org.qemu.guest_agent.0"
"""The channel that a guest's agent listens on."""
PREFIX = {"scsi": "sd", "sata": "sd", "usb": "sd", "virtio": "vd", "ide": "hd"}
ElementTree.register_namespace("regroup", MARK)
ElementTree.register_namespace("qemu", QEMU.strip("{}"))


def parsed(text: str, root: str = "domain") -> Element:
    """Raises FactError: a document type, broken XML, or something else than a `root`."""
    if DTD.search(text):
        raise FactError("A domain's XML has a document type or entities, which libvirt never writes. Nothing was read.")
    try:
        element = ElementTree.fromstring(text)  # noqa: S314  # see above
    except ElementTree.ParseError as error:
        raise FactError(f"A domain's XML is broken ({error}).") from error
    if element.tag != root:
        raise FactError(f"Expected the XML of a {root} and got that of a {element.tag}.")
    return element


def written(element: Element) -> str:
    return ElementTree.tostring(element, encoding="unicode")


# ---------------------------------------------------------------------------------------- read


def disks(domain: Element, paths: Paths | None = None) -> tuple[Disk, ...]:
    """With the paths of `volumes`, where they were asked for."""
    return tuple(_disk(element, paths or {}) for element in domain.iterfind("devices/disk"))


def volumes(domain: Element) -> Iterator[Volume]:
    """Those that a disk is, or stands on."""
    for element in domain.iterfind("devices/disk//source[@volume]"):
        yield _volume(element)


def _volume(origin: Element) -> Volume:
    return origin.get("pool", ""), origin.get("volume", "")


def _disk(element: Element, paths: Paths) -> Disk:
    target, driver = element.find("target"), element.find("driver")
    if target is None or not target.get("dev"):
        raise FactError("A disk in a domain's XML has no target.")
    return Disk(
        target=target.get("dev", ""),
        bus=target.get("bus", ""),
        source=source(element, paths),
        device=element.get("device", "disk"),
        serial=(element.findtext("serial") or "").strip(),
        format=(driver.get("type") if driver is not None else None) or "raw",
        chain=tuple(_chain(element, paths)),
        readonly=element.find("readonly") is not None,
        shareable=element.find("shareable") is not None,
        kind=element.get("type", "file"),
    )


def source(element: Element, paths: Paths | None = None) -> str:
    """The file or block device; "" where there is none or it is no path."""
    found = element.find("source")
    if found is None:
        return ""
    return found.get("file") or found.get("dev") or (paths or {}).get(_volume(found), "")


def _chain(element: Element, paths: Paths) -> Iterator[str]:
    below = element.find("backingStore")
    while below is not None:
        if path := source(below, paths):
            yield path
        below = below.find("backingStore")


def nics(domain: Element) -> tuple[Nic, ...]:
    found = []
    for element in domain.iterfind("devices/interface"):
        mac, origin = element.find("mac"), element.find("source")
        where = {} if origin is None else origin.attrib
        network = where.get("network") or where.get("bridge") or where.get("dev") or element.get("type") or ""
        found.append(Nic("" if mac is None else mac.get("address", "").lower(), network))
    return tuple(found)


def buses(domain: Element) -> tuple[str, ...]:
    """Where a disk may be attached live, the best first.

    scsi    needs a controller that is there: libvirt would add one of a model that few guests know
    virtio  is a PCI device, and without ACPI QEMU's PCI bus takes none while it runs
    """
    models = {element.get("model") for element in domain.iterfind("devices/controller[@type='scsi']")}
    found = ["scsi"] if "virtio-scsi" in models else []
    return (*found, "virtio") if domain.find("features/acpi") is not None else tuple(found)


# ---------------------------------------------------------------------------------------- written


def free_target(bus: str, taken: set[str]) -> str:
    """The first free name of the bus. Raises FactError where all 26 are taken."""
    for letter in "abcdefghijklmnopqrstuvwxyz":
        if (name := PREFIX[bus] + letter) not in taken:
            return name
    raise FactError(f"All 26 places for disks of the bus {bus} are taken.")


def disk_xml(path: str, form: str, target: str, bus: str, serial: str) -> str:
    """A disk for attach-device and detach-device."""
    disk = ElementTree.Element("disk", type="file", device="disk")
    ElementTree.SubElement(disk, "driver", name="qemu", type=form)
    ElementTree.SubElement(disk, "source", file=path)
    ElementTree.SubElement(disk, "target", dev=target, bus=bus)
    ElementTree.SubElement(disk, "serial").text = serial
    return written(disk)
