"""The old disk as found on the host before the plan is made: which device it is, what stands on it, who uses it.

Pure. A person names a disk by what does not change (serial number, WWN, SCSI address); here that becomes the
physical volumes of one volume group, each on exactly one idle device, or the sentence why it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json
from recovery.facts.host import Dm, HostState, names
from recovery.facts.labels import Labelled
from recovery.lvm.label import LabelError
from recovery.lvm.metadata import Metadata, MetadataError, parse_metadata
from recovery.request import Problem


@dataclass(frozen=True, slots=True)
class Attached:
    """A disk or partition with an LVM label, or the disk that was named. Sizes in bytes.

    pv      UUID of the physical volume, empty without a label
    part    what the partition's name adds to its disk's, such as `1` or `p1`; empty for a whole disk
    text    the metadata text on it; empty where there is none, or it was not read because the disk is in use
    damage  why label or text cannot be used, else empty
    """

    name: str
    number: str
    disk: str
    part: str
    pv: str
    pv_size: int
    size: int
    serial: str
    wwn: str
    hctl: str
    text: str = ""
    damage: str = ""

    @property
    def identity(self) -> dict[str, Json]:
        """What tells it from every other device, today and after a rescan; nothing that depends on arrival."""
        address = "" if self.serial or self.wwn else self.hctl
        return {"pv": self.pv, "serial": self.serial, "wwn": self.wwn, "hctl": address, "part": self.part}

    @property
    def is_unmistakable(self) -> bool:
        """Whether it can be told from a copy of itself."""
        return bool(self.serial or self.wwn or self.hctl)

    @property
    def spoken(self) -> str:
        """The device in a sentence: `sdb (serial vm42-root)`."""
        known = f"serial {self.serial}" if self.serial else f"WWN {self.wwn}" if self.wwn else f"SCSI {self.hctl}"
        return f"{self.name} ({known if self.is_unmistakable else 'without a serial number'})"

    def to_json(self) -> dict[str, Json]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Found:
    """A whole group on idle devices. `collides` says which UUIDs are on the host twice, empty if none.

    `unread` are devices whose own text is damaged, so that `metadata` is that of a file (`recovery.damaged`);
    `bare` those without a label, which are in the group by the file alone (`recovery.bare`).
    """

    metadata: Metadata
    text: str
    devices: tuple[Attached, ...]
    collides: str
    awake: tuple[str, ...] = ()
    unread: tuple[Attached, ...] = ()
    bare: tuple[Attached, ...] = ()


def attached_of(label: Labelled, host: HostState, text: str | LabelError) -> Attached:
    """A label, the host's word on its disk, and its text, as one value."""
    disk = host.disk(label.disk)
    damage = label.damage or (str(text) if isinstance(text, LabelError) else "")
    said = "" if isinstance(text, LabelError) else text
    if not said.isprintable() and any("\udc80" <= letter <= "\udcff" for letter in said):
        said, damage = "", "Its metadata text has bytes that are no UTF-8; Regroup does not rewrite such a text."
    return Attached(
        name=label.name,
        number=label.number,
        disk=label.disk,
        part=label.name.removeprefix(label.parent) if label.parent else "",
        pv=label.uuid,
        pv_size=label.label.device_size if label.label else 0,
        size=label.size,
        serial=label.serial,
        wwn=disk.wwn if disk else "",
        hctl=disk.hctl if disk else "",
        text=said,
        damage=damage,
    )


def is_named(device: Attached, name: str) -> bool:
    return name in (device.serial, device.wwn, device.hctl)


def matches(identity: Mapping[str, Json], label: Labelled, host: HostState) -> bool:
    """Whether a device is the planned one. The label's UUID is not asked: an import gives it a new one."""
    disk = host.disk(label.disk)
    part = label.name.removeprefix(label.parent) if label.parent else ""
    if disk is None or part != identity["part"]:
        return False
    if identity["serial"] or identity["wwn"]:
        return bool((label.serial, disk.wwn) == (identity["serial"], identity["wwn"]))
    return bool(disk.hctl == identity["hctl"]) if identity["hctl"] else label.uuid == identity["pv"]


def users(device: Attached, host: HostState) -> tuple[Dm, ...]:
    """The mappings that lie on a device."""
    return tuple(dm for dm in host.mappings if device.number in dm.devices())


def busy(device: Attached, host: HostState) -> str:
    """Why a device is not idle, as a sentence; empty if it is. Closed mappings alone do not make it busy."""
    mounted = [mount.mount_point for mount in host.mounts if mount.number == device.number]
    if mounted or f"/dev/{device.name}" in host.swaps:
        return f"{device.spoken} is in use itself, on {names(mounted) if mounted else 'swap'}."
    points = {mount.number: mount.mount_point for mount in host.mounts}
    for dm in users(device, host):
        if not dm.uuid.startswith("LVM-"):
            return f"{device.spoken} is in use by {dm.name}, which is no logical volume."
        if host.opened_by_others(dm):
            where = f" on {points[dm.number]}" if dm.number in points else ""
            return f"{device.spoken} is in use: volume {dm.name} lies on it and is open{where}."
    return ""


def find(name: str, attached: tuple[Attached, ...], host: HostState) -> Found | Problem:
    """The group that the named disk belongs to, with all its devices; or why it cannot be taken."""
    here = [device for device in attached if is_named(device, name)]
    if not here:
        return Problem("disk", absent(name, attached, host))
    if len({device.disk for device in here}) > 1:
        return Problem(
            "disk", f"{names(device.spoken for device in here)} are all called {name}; use the SCSI address."
        )
    for device in here:
        if said := busy(device, host):
            return Problem("disk", f"{said} Only an idle disk can be recovered from; if this is the old disk, free it.")
    labelled = [device for device in here if device.pv]
    if not labelled:
        why = next((device.damage for device in here if device.damage), "It has no LVM label.")
        return Problem("disk", f"{here[0].spoken} cannot be recovered from. {why} {LAST_RESORT}")
    if len(labelled) > 1:
        return Problem(
            "disk",
            f"Disk {name} holds {len(labelled)} physical volumes, on {names(device.name for device in labelled)};"
            " Regroup cannot yet tell which group is meant. Recover it from a backup file instead.",
        )
    return _group(labelled[0], attached, host)


def absent(name: str, attached: tuple[Attached, ...], host: HostState) -> str:
    """The sentence for a disk that is not there, with those that are."""
    idle = [device.spoken for device in attached if device.pv and not busy(device, host)]
    there = f"Idle disks with an LVM label: {names(idle)}." if idle else "No idle disk with an LVM label is there."
    return f"No disk called {name} is attached to the host, also after a rescan. {there} Attach it, then look again."


LAST_RESORT = (
    "If it is the right disk and its label was overwritten, the last resort is the strategy relabel, with the old VM's"
    " LVM backup file."
)

MEND = (
    "Regroup does not write where it cannot read: recover this group by hand, with vgcfgrestore and the old VM's LVM"
    " backup file, on a copy of the disk."
)


def _group(first: Attached, attached: tuple[Attached, ...], host: HostState) -> Found | Problem:
    idle = [device for device in attached if device is first or not busy(device, host)]
    read = _texts(first, idle)
    if isinstance(read, Problem):
        return read
    text, metadata = read
    devices: list[Attached] = []
    for pv in metadata.volume_group.physical_volumes:
        there = [first] if pv.id == first.pv else [device for device in idle if device.pv == pv.id]
        if len(there) != 1:
            return Problem("disk", not_one(pv.id, there, metadata))
        devices.append(there[0])
    other = [device for device in devices if device.text not in ("", text) and _differs(device.text, metadata)]
    if other:
        return Problem(
            "disk",
            f"The physical volumes of {metadata.volume_group.name} do not agree on it: {other[0].spoken} has another"
            " sequence number. One of them was written without the others; recover with a backup file, by hand.",
        )
    damaged = [device for device in devices if device.damage]
    if damaged:
        return Problem("disk", f"The metadata on {damaged[0].spoken} cannot be used: {damaged[0].damage} {MEND}")
    short = [device for device in devices if device.pv_size > device.size]
    if short:
        return Problem("disk", f"{short[0].spoken} is smaller than its physical volume: it is cut short.")
    awake = tuple(dm.name for device in devices for dm in users(device, host))
    return Found(metadata, text, tuple(devices), collision(metadata, devices, attached, host), awake)


def not_one(uuid: str, there: list[Attached], metadata: Metadata) -> str:
    """The sentence for a physical volume that is on no idle device, or on several."""
    group = metadata.volume_group
    if there:
        return (
            f"Physical volume {uuid} of {group.name} is there {len(there)} times: on"
            f" {names(device.spoken for device in there)}. Detach the copies."
        )
    return (
        f"Volume group {group.name} lies on {len(group.physical_volumes)} disks, and physical volume {uuid} is on no"
        " idle one. Attach it too, then look again: without it volumes would be torn."
    )


def _texts(first: Attached, idle: list[Attached]) -> tuple[str, Metadata] | Problem:
    """The text that names `first`: its own, or that of another disk of the group where it carries none."""
    trouble = first.damage or "It belongs to no volume group."
    for device in (first, *(device for device in idle if device is not first and not first.text)):
        if not device.text:
            continue
        try:
            metadata = parse_metadata(device.text)
        except MetadataError as error:
            trouble = error.message
            continue
        if any(pv.id == first.pv for pv in metadata.volume_group.physical_volumes):
            return device.text, metadata
    return Problem(
        "disk",
        f"The metadata on {first.spoken} cannot be used: {trouble} {MEND}",
    )


def _differs(text: str, metadata: Metadata) -> bool:
    try:
        group = parse_metadata(text).volume_group
    except MetadataError:
        return True
    return (group.id, group.seqno) != (metadata.volume_group.id, metadata.volume_group.seqno)


def collision(metadata: Metadata, devices: list[Attached], attached: tuple[Attached, ...], host: HostState) -> str:
    """Which UUID of the group is on another device as well; empty if all are unique."""
    return next(_collisions(metadata, devices, attached, host), "")


def _collisions(
    metadata: Metadata, devices: list[Attached], attached: tuple[Attached, ...], host: HostState
) -> Iterator[str]:
    ours, group = {device.number for device in devices}, metadata.volume_group
    wanted = {pv.id for pv in group.physical_volumes}
    for device in attached:
        if device.pv in wanted and device.number not in ours:
            yield f"physical volume {device.pv} is on {device.spoken} too"
    for pv in host.pvs:
        is_there = pv.device.startswith("/")  # of a group that is not whole LVM reports the missing one too
        if is_there and (pv.uuid in wanted or pv.group == group.id) and pv.number not in ours:
            yield f"physical volume {pv.uuid} is on {pv.device} too"
    for dm in host.mappings_of(group.id):
        if not dm.devices() <= ours:
            yield f"{dm.name} of the same group UUID lies on another disk"
