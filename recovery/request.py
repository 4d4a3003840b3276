"""What a person asks for: which lost VM, which host, whose metadata, which volumes and where.

The request is plain JSON in the database (`params` of the change); here it is typed and checked
by itself, before any host is asked. What only the file or the host can tell is the planner's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import PurePosixPath

from changes.plan import Json
from recovery.fstab import FstabError, parse_fstab
from recovery.lvm.metadata import InvalidName, validate_vg_name

DEADLINE = 4 * 3600
"""Seconds that a run waits for the old disk unless the request says otherwise."""

MOUNT_POINT = re.compile(r"(/[A-Za-z0-9_.+@-]+)+")
"""No spaces, no braces, nothing a shell or /etc/fstab would have to escape."""

SYSTEM_PATHS = frozenset(
    (
        *("/", "/bin", "/boot", "/boot/efi", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt"),
        *("/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/local"),  # noqa: S108  # refused, not used
        *("/var", "/var/cache", "/var/lib", "/var/log", "/var/spool", "/var/tmp"),  # noqa: S108  # refused, not used
    )
)
"""Never mounted over: the host would lose sight of its own files."""

SYSTEM_TREES = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")
"""Nothing may be mounted anywhere below these: programs and the kernel look there."""


RESTORE, RENAME, IMPORT, RELABEL = "restore", "rename", "import", "relabel"

STRATEGIES = (RESTORE, RENAME, IMPORT, RELABEL)
"""vgcfgrestore with the edited file · vgrename by UUID · vgimportclone, which makes new UUIDs · pvcreate with the UUID
from the file, for a disk whose label is gone."""

DISK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,126}")
"""A serial number, a WWN or a SCSI address."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a request: the form field it belongs to, and a whole sentence."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Volume:
    """A logical volume to mount: its name in the file, where, and whether for writing."""

    lv: str
    mount_point: str
    read_write: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file on a host of the inventory: restored there by the backup system, or LVM's own copy."""

    host: str
    path: str

    def __str__(self) -> str:
        return f"{self.host}:{self.path}"


@dataclass(frozen=True, slots=True)
class Request:
    """A recovery as asked for.

    metadata         text of the old VM's LVM backup file; may be empty where `disk` is given
    file_name        what the upload was called, for messages only
    attach_deadline  seconds the run waits for the old disk
    disk             serial number, WWN or SCSI address (H:C:T:L) of the old disk, if it is attached already;
                     then the plan is made from what stands on it
    strategy         how the group gets its new name, one of `STRATEGIES`; empty leaves it to the planner
    fstab            text of the old VM's /etc/fstab: names the mount points where `volumes` is empty
    fstab_from_disk  whether that text is read from the attached disk itself
    lasting          whether the host mounts the volumes again after a restart (lines in its /etc/fstab)
    source           where `metadata` is read when the plan is made, if it was not uploaded
    """

    vm: str
    host: str
    metadata: str
    new_vg: str
    volumes: tuple[Volume, ...]
    file_name: str = ""
    reason: str = ""
    ticket: str = ""
    attach_deadline: int = DEADLINE
    disk: str = ""
    strategy: str = ""
    fstab: str = ""
    source: Source | None = None
    lasting: bool = False
    fstab_from_disk: bool = False

    @property
    def read_write(self) -> tuple[str, ...]:
        """Names of the volumes asked for writing; LVM activates all others read-only."""
        return tuple(volume.lv for volume in self.volumes if volume.read_write)

    @classmethod
    def from_json(cls, params: Mapping[str, Json]) -> Request:
        """The request in `params`. Raises ValueError with a sentence where a key or a type is wrong."""
        try:
            volumes = tuple(_volume(item) for item in params["volumes"])
            texts = {key: _text(params, key) for key in ("vm", "host", "metadata", "new_vg")}
            optional = ("file_name", "reason", "ticket", "disk", "strategy", "fstab")
            extra = {key: _text(params, key) for key in optional if key in params}
            deadline = int(params.get("attach_deadline", DEADLINE))
            place = params.get("source")
            lasting, own_fstab = (bool(params.get(name, False)) for name in ("lasting", "fstab_from_disk"))
            source = Source(_text(place, "host"), _text(place, "path")) if place else None
        except (KeyError, TypeError) as error:
            raise ValueError(f"The request lacks or misuses {error}.") from error
        return cls(
            **texts,
            **extra,
            volumes=volumes,
            attach_deadline=deadline,
            source=source,
            lasting=lasting,
            fstab_from_disk=own_fstab,
        )

    def to_json(self) -> dict[str, Json]:
        """The same as JSON, as `from_json` reads it."""
        volumes = [{"lv": v.lv, "mount_point": v.mount_point, "read_write": v.read_write} for v in self.volumes]
        names = ("vm", "host", "metadata", "new_vg", "file_name", "reason", "ticket", "attach_deadline")
        late = {name: getattr(self, name) for name in ("disk", "strategy", "fstab") if getattr(self, name)}
        if self.lasting:
            late["lasting"] = True
        if self.fstab_from_disk:
            late["fstab_from_disk"] = True
        if self.source:
            late["source"] = {"host": self.source.host, "path": self.source.path}
        return {**{name: getattr(self, name) for name in names}, **late, "volumes": volumes}


def default_mount_point(vm: str, lv: str) -> str:
    """Where a volume is mounted unless the request says otherwise: `/recovered/<vm>/<lv>`."""
    return f"/recovered/{re.sub('[^A-Za-z0-9_.-]', '_', vm).strip('.') or 'vm'}/{lv}"


def problems(request: Request) -> Iterator[Problem]:
    """Everything wrong with the request in itself, in the form's order."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}", request.vm):
        yield Problem("vm", "Say which VM was lost: letters, digits, dots, hyphens and underscores.")
    if not request.host:
        yield Problem("host", "Choose the host that the old disk will be attached to.")
    if not request.metadata.strip() and not request.disk and not request.source:
        yield Problem(
            "metadata",
            "Upload the old VM's LVM backup file, /etc/lvm/backup/<group>; or attach the old disk and name it, then"
            " the description is read from the disk itself.",
        )
    if request.source:
        yield from source_problems(request.source)
    yield from disk_problems(request)
    yield from fstab_problems(request.fstab)
    if request.fstab_from_disk and (request.fstab or not request.disk):
        yield Problem(
            "fstab_from_disk",
            "The old /etc/fstab was given already; take one or the other."
            if request.fstab
            else "The old /etc/fstab can be read from the disk only where the disk is attached and named.",
        )
    yield from new_vg_problems(request.new_vg)
    if not (request.volumes or request.disk or request.fstab or request.source):
        yield Problem("volumes", "Choose at least one logical volume to mount.")
    yield from volume_problems(request.volumes)
    if not 60 <= request.attach_deadline <= 7 * 24 * 3600:
        yield Problem("attach_deadline", "The run may wait for the disk between one minute and seven days.")


def source_of(typed: str) -> Source | None:
    """`app02:/restore/RootVG` as a Source; None for nothing. The parts are judged by `source_problems`."""
    host, _, path = typed.strip().partition(":")
    return Source(host.strip(), path.strip()) if typed.strip() else None


def source_problems(source: Source) -> Iterator[Problem]:
    """A file that cannot be meant."""
    path = source.path
    if not source.host:
        yield Problem("source", "Choose the host that the file lies on.")
    if not path.startswith("/") or not path.isprintable() or len(path) > 1000:
        yield Problem("source", f"{path!r} is no absolute path; write it like /restore/vm42/etc/lvm/backup/RootVG.")
    elif posixpath.normpath(path) != path:
        yield Problem("source", f"{path} has . or .. or a needless slash in it; write the path without them.")


def disk_problems(request: Request) -> Iterator[Problem]:
    """A disk or a strategy that cannot be meant."""
    if request.disk.startswith("/dev/") or re.fullmatch(r"(sd|vd|hd|nvme|dm-)[a-z0-9]+", request.disk):
        yield Problem(
            "disk",
            f"{request.disk} is a name that changes with the order of arrival. Name the disk by its serial number,"
            " WWN or SCSI address (host:channel:target:LUN).",
        )
    elif request.disk and not DISK.fullmatch(request.disk):
        yield Problem("disk", f"{request.disk!r} is no serial number, WWN or SCSI address.")
    if request.strategy and request.strategy not in STRATEGIES:
        yield Problem("strategy", f"There is no strategy {request.strategy!r}; there are {', '.join(STRATEGIES)}.")
    elif request.strategy in (RENAME, IMPORT, RELABEL) and not request.disk:
        yield Problem(
            "strategy",
            f"The strategy {request.strategy} works on the attached disk: attach it first, and name it by its serial"
            " number.",
        )
    elif request.strategy == RELABEL and not (request.metadata.strip() or request.source):
        yield Problem(
            "metadata",
            "Nothing on a disk without a label tells what the group was: the strategy relabel needs the old VM's LVM"
            " backup file, /etc/lvm/backup/<group>.",
        )


def fstab_problems(fstab: str) -> Iterator[Problem]:
    """Why the old VM's fstab cannot be read, if there is one."""
    try:
        if fstab:
            parse_fstab(fstab)
    except FstabError as error:
        yield Problem("fstab", str(error))


def new_vg_problems(name: str) -> Iterator[Problem]:
    """What LVM itself would say to the new name; whether it is free only the host can tell."""
    try:
        validate_vg_name(name)
    except InvalidName as error:
        yield Problem("new_vg", str(error))


def volume_problems(volumes: tuple[Volume, ...]) -> Iterator[Problem]:
    """Mount points that cannot be, or that hide one another."""
    for volume in volumes:
        sentence = mount_point_problem(volume.mount_point)
        if sentence:
            yield Problem("volumes", f"Volume {volume.lv}: {sentence}")
    for one, other in combinations(volumes, 2):
        if one.lv == other.lv:
            yield Problem("volumes", f"Volume {one.lv} is listed twice; mount it in one place.")
        if one.mount_point == other.mount_point:
            yield Problem("volumes", f"{one.lv} and {other.lv} cannot both be mounted on {one.mount_point}.")


def mount_point_problem(path: str) -> str:
    """Why `path` cannot be a mount point here, as a sentence; empty if it can."""
    if not MOUNT_POINT.fullmatch(path) or len(path) > 200:
        return f"{path!r} is no absolute path of letters, digits and . _ + @ - (at most 200 characters)."
    if posixpath.normpath(path) != path or ".." in PurePosixPath(path).parts:
        return f"{path} has . or .. in it; write the path without them."
    if path in SYSTEM_PATHS or any(path.startswith(f"{tree}/") for tree in SYSTEM_TREES):
        return f"{path} belongs to the host's own system; mount below /recovered instead."
    if path.startswith("/var/lib/regroup"):
        return "/var/lib/regroup holds Regroup's own files; mount below /recovered instead."
    return ""


def parents_first(volumes: tuple[Volume, ...]) -> tuple[Volume, ...]:
    """The volumes in an order that can be mounted: a path before everything below it."""
    return tuple(sorted(volumes, key=lambda volume: PurePosixPath(volume.mount_point).parts))


def _text(params: Mapping[str, Json], key: str) -> str:
    value = params[key]
    if not isinstance(value, str):
        raise TypeError(f"{key}, which must be text")
    return value


def _volume(item: Mapping[str, Json]) -> Volume:
    return Volume(_text(item, "lv"), _text(item, "mount_point"), bool(item.get("read_write", False)))
