"""What the form shows while a recovery is being asked for: what is in the file, and what would not work.

Pure: the upload, and the live facts if the host has answered, go in; names, volumes and problems come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from changes.plan import Json
from recovery.asleep import asleep
from recovery.facts.archives import Archive
from recovery.facts.host import names
from recovery.fstab import Entry, FstabError, parse_fstab
from recovery.known import Facts
from recovery.lvm.metadata import Metadata, MetadataError, parse_metadata, suggest_vg_name
from recovery.lvm.upload import decode_upload
from recovery.places import Place, looks_like_swap, places
from recovery.planner import read
from recovery.refusals import refusals, root_group
from recovery.request import Problem, Request, Volume, problems


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """A logical volume for the form. `offered` is False where it cannot be mounted; `note` says why.

    `old` is where the old VM had it, by its fstab.
    """

    lv: str
    size: int
    mount_point: str
    offered: bool = True
    note: str = ""
    old: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the file holds. Empty values where it cannot be read; then `problems` says why."""

    text: str = ""
    old_name: str = ""
    new_name: str = ""
    vg_uuid: str = ""
    seqno: int = 0
    created: int | None = None
    creation_host: str = ""
    pv_uuids: tuple[str, ...] = ()
    volumes: tuple[VolumeRow, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def preview(upload: bytes | str, vm: str, fstab: str = "") -> Preview:
    """What is in an uploaded file, with a name and mount points to suggest. Never raises.

    `fstab` is the text of the old VM's; one that cannot be read suggests nothing (`check` says what is wrong with it).
    """
    try:
        text = decode_upload(upload if isinstance(upload, bytes) else upload.encode("utf-8", "surrogateescape"))
        metadata = parse_metadata(text)
    except MetadataError as error:
        return Preview(problems={"metadata": (error.message,)})
    try:
        entries = parse_fstab(fstab) if fstab else ()
    except FstabError:
        entries = ()
    return _preview(text, metadata, vm, entries)


def _preview(text: str, metadata: Metadata, vm: str, entries: tuple[Entry, ...]) -> Preview:
    group = metadata.volume_group
    left, where = asleep(group), places(vm, group, entries)
    return Preview(
        text=text,
        old_name=group.name,
        new_name=suggest_vg_name(vm, group.name),
        vg_uuid=group.id,
        seqno=group.seqno,
        created=metadata.creation_time,
        creation_host=metadata.creation_host,
        pv_uuids=tuple(pv.id for pv in group.physical_volumes),
        volumes=tuple(
            VolumeRow(
                lv.name,
                lv.size_bytes,
                where[lv.name].mount_point,
                *_offer(lv.name, left.get(lv.name, ""), where[lv.name]),
                where[lv.name].old,
            )
            for lv in group.visible_logical_volumes
        ),
        warnings=metadata.warnings,
    )


def _offer(name: str, why_asleep: str, place: Place) -> tuple[bool, str]:
    if why_asleep:
        return False, f"left asleep: {why_asleep}"
    if place.is_swap:
        return False, "was swap space, by the old /etc/fstab; there is nothing to mount"
    if looks_like_swap(name, place):
        return False, "looks like swap space; there is nothing to mount"
    return True, ""


def check(params: Mapping[str, Json], facts: Mapping[str, Json] | None) -> dict[str, tuple[str, ...]]:
    """Every problem of a request by form field; with the host's facts, also what only the host can tell.

    `facts` is what `RecoveryKind.gather` gave, or None while the host has not answered. Never raises.
    """
    try:
        request = Request.from_json(params)
        found = list(problems(request))
        blind = request.disk or (request.source and not request.metadata.strip())
        if blind:  # what is wrong with it only the disk or the host can tell, when the plan is made
            if request.metadata.strip():
                parse_metadata(request.metadata)
        elif facts is not None and not any(problem.field in ("metadata", "new_vg", "fstab") for problem in found):
            found += refusals(read(request), Facts.from_json(facts))
        elif not any(problem.field == "metadata" for problem in found):
            parse_metadata(request.metadata)
    except MetadataError as error:
        found = [Problem("metadata", error.message)]
    except ValueError as error:
        found = [Problem("", str(error))]
    return by_field(found)


def by_field(found: list[Problem]) -> dict[str, tuple[str, ...]]:
    """Sentences under the field they belong to, each once."""
    rows: dict[str, dict[str, None]] = {}
    for problem in found:
        rows.setdefault(problem.field, {})[problem.sentence] = None
    return {name: tuple(sentences) for name, sentences in rows.items()}


@dataclass(frozen=True, slots=True)
class HostRow:
    """A volume group or disk of the target host for the form; `mark` says what it is to the system."""

    name: str
    identity: str
    size: int
    mark: str = ""


def groups(facts: Mapping[str, Json]) -> tuple[HostRow, ...]:
    """The host's volume groups with UUIDs, the root group marked."""
    host = Facts.from_json(facts).host
    root = root_group(host)
    return tuple(
        HostRow(group.name, group.uuid, group.size, "the running system's root" if group.uuid == root else "")
        for group in host.groups
    )


def disks(facts: Mapping[str, Json]) -> tuple[HostRow, ...]:
    """The host's disks with serial numbers; the one that / is on is marked, others say what group they hold."""
    host = Facts.from_json(facts).host
    root = root_group(host)
    root_number = next((mount.number for mount in host.mounts if mount.mount_point == "/"), "")
    rows = []
    for disk in (disk for disk in host.disks if disk.type == "disk"):
        inside = {part.number for part in host.disks if part.name == disk.name or part.parent == disk.name}
        held = [pv.group for pv in host.pvs if pv.number in inside]
        is_root = root in held if root else root_number in inside
        group_names = [group.name for group in host.groups if group.uuid in held]
        mark = "the running system's root disk" if is_root else f"holds {names(group_names)}" if group_names else ""
        rows.append(HostRow(disk.name, disk.serial or disk.wwn, disk.size, mark))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Copy:
    """One of LVM's own copies of metadata on a host, for a choice; `is_own` where the host has that very group."""

    source: str
    archive: Archive
    is_own: bool

    @property
    def told(self) -> str:
        """In one line: group, state, and what LVM was about to do."""
        it = self.archive
        when = datetime.fromtimestamp(it.created, UTC).strftime(", %Y-%m-%d %H:%M UTC") if it.created else ""
        own = ", this host's own group" if self.is_own else ""
        said = f": {it.description}" if it.description else ""
        return f"{it.group}, sequence number {it.seqno}{when}{own}{said} ({it.path.rsplit('/', 1)[-1]})"


def copies(host: str, facts: Mapping[str, Json]) -> tuple[Copy, ...]:
    """LVM's own copies on a host; those of groups that the host does not have come first, then the newest."""
    if not facts.get("archives"):
        return ()
    running = {group.uuid for group in Facts.from_json(facts).host.groups}
    found = [Archive.from_json(row) for row in facts.get("archives", ())]
    rows = [Copy(f"{host}:{archive.path}", archive, archive.uuid in running) for archive in found]
    return tuple(sorted(rows, key=lambda row: (row.is_own, -row.archive.created, row.source)))


def volumes_of(rows: tuple[VolumeRow, ...]) -> tuple[Volume, ...]:
    """The offered rows as the request would have them."""
    return tuple(Volume(row.lv, row.mount_point) for row in rows if row.offered)
