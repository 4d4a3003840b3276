"""The state of a host, as far as a recovery can touch it: groups, volumes, disks, mappings, mounts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from changes.plan import Json
from recovery.facts.lvm_report import WHAT, Group, Lv, Pv, parse_json, parse_text
from recovery.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import Parts, ended_well, lines, part, parts, unescaped
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class Disk:
    """A block device: disk, partition or mapping. `sequence` and `written` belong to whole disks.

    sequence  the kernel's number for this appearance of the disk, 0 where it gives none
    written   sectors written since it appeared
    """

    name: str
    number: str
    type: str
    size: int
    read_only: bool
    serial: str
    wwn: str
    hctl: str
    model: str
    parent: str
    fstype: str
    mount_point: str
    sequence: int = 0
    written: int = 0


NUMBER = re.compile(r"(?<![\d:])\d+:\d+(?![\d:])")


@dataclass(frozen=True, slots=True)
class Dm:
    """A device-mapper device: what really runs. `table` has one line per segment, without the name."""

    name: str
    uuid: str
    number: str
    opened: int
    read_only: bool
    table: tuple[str, ...]

    def devices(self) -> frozenset[str]:
        """Numbers ("8:16") of the devices that its table points to."""
        return frozenset(NUMBER.findall(" ".join(self.table)))


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of /proc/self/mountinfo; `number` is the device's, for btrfs too."""

    number: str
    mount_point: str
    fstype: str
    source: str
    options: tuple[str, ...]

    @property
    def read_only(self) -> bool:
        return "ro" in self.options


@dataclass(frozen=True, slots=True)
class HostState:
    """Everything `host_state.lib.sh` asks. Names in `backups` are file names, values the group UUID inside."""

    machine_id: str
    boot_id: str
    hostname: str
    kernel: str
    groups: tuple[Group, ...]
    pvs: tuple[Pv, ...]
    lvs: tuple[Lv, ...]
    disks: tuple[Disk, ...]
    mappings: tuple[Dm, ...]
    mounts: tuple[Mount, ...]
    swaps: tuple[str, ...]
    backups: Mapping[str, str]
    dev: tuple[str, ...]

    def group(self, uuid: str) -> Group | None:
        return next((group for group in self.groups if group.uuid == uuid), None)

    def disk(self, name: str) -> Disk | None:
        return next((disk for disk in self.disks if disk.name == name), None)

    def mappings_of(self, vg_uuid: str) -> tuple[Dm, ...]:
        """The mappings that belong to a volume group: its UUID is in theirs, names play no part."""
        prefix = "LVM-" + vg_uuid.replace("-", "")
        return tuple(dm for dm in self.mappings if dm.uuid.startswith(prefix))

    def table_of(self, dm: Dm) -> tuple[str, ...]:
        """A mapping's table with what its devices are in the place of their numbers, which another boot may change."""
        return tuple(NUMBER.sub(lambda found: self._lasting(found[0]), line) for line in dm.table)

    def _lasting(self, number: str) -> str:
        """A mapping's UUID, or a disk's WWN and serial number with the partition; else the number."""
        uuid = next((dm.uuid for dm in self.mappings if dm.number == number), "")
        device = next((disk for disk in self.disks if disk.number == number), None)
        if uuid or device is None or device.type not in ("disk", "part"):
            return uuid or number
        whole = self.disk(device.parent) or device
        alike = [one for one in self.disks if one.type == "disk" and (one.wwn, one.serial) == (whole.wwn, whole.serial)]
        if alike != [whole] or not (whole.wwn or whole.serial):
            return number
        return f"{whole.wwn}/{whole.serial}{device.name.removeprefix(whole.name)}"

    def opened_by_others(self, dm: Dm) -> bool:
        """Whether more holds a mapping open than the mappings that lie on it."""
        return dm.opened > sum(dm.number in other.devices() for other in self.mappings)

    def leaves(self, dm: Dm) -> frozenset[str]:
        """Numbers of the devices that a mapping lies on in the end, through any mappings between."""
        mapped = {other.number: other for other in self.mappings}
        seen, found, todo = set[str](), set[str](), [dm]
        while todo:
            for number in todo.pop().devices() - seen:
                seen.add(number)
                if number in mapped:
                    todo.append(mapped[number])
                else:
                    found.add(number)
        return frozenset(found)

    def to_json(self) -> dict[str, Json]:
        data: dict[str, Json] = json.loads(json.dumps(asdict(self)))
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> HostState:
        """What `to_json` made."""
        kinds = {"groups": Group, "pvs": Pv, "lvs": Lv, "disks": Disk, "mappings": Dm, "mounts": Mount}
        rows = {key: tuple(kind(**_tuples(row)) for row in data[key]) for key, kind in kinds.items()}
        return cls(**{**data, **rows, "swaps": tuple(data["swaps"]), "dev": tuple(data["dev"])})


@dataclass(frozen=True, slots=True)
class AskHost:
    """The HostState of a host, in one round trip, as root.

    A real answer, shortened (`tests/recovery/samples/*.state` are whole ones):

        @@begin host
        machine_id=5d1f…
        @@end host 0
        @@begin lvm
          { "report": [ { "vg": [ {"vg_name":"RootVG", "vg_uuid":"Bgky13-JHcS-…", "vg_seqno":"3", …
        @@end lvm 0
        @@begin disks
        NAME="sda" KNAME="sda" MAJ:MIN="8:0" TYPE="disk" SIZE="1610612736" RO="0" SERIAL="app01-root" …
        @@end disks 0
        @@begin mapping
        RootVG-root|LVM-Bgky13JHcS…|253|0|1|L--w
        @@end mapping 0
        @@begin counters
        sda 9 1234
        …
    """

    name = "host state"

    def command(self) -> Command:
        text = script("mounts.lib", "host_state.lib") + "\nhost_state || :\n"
        return Command(("sh", "-c", text, "regroup"), sudo=True, timeout=120)

    def parse(self, result: Result) -> HostState:
        return parse_host_state(ended_well(result, WHAT))


@dataclass(frozen=True, slots=True)
class AskBaseline:
    """The HostState that the run's first step saved on the host; None if it has not."""

    run_dir: str
    name = "baseline"

    def command(self) -> Command:
        text = 'if [ -e "$1" ]; then cat -- "$1"; else echo absent; fi'
        return Command(("sh", "-c", text, "regroup", f"{self.run_dir}/baseline/state"), sudo=True)

    def parse(self, result: Result) -> HostState | None:
        text = ended_well(result, "The saved baseline")
        return None if text.strip() == "absent" else parse_host_state(text)


def parse_host_state(text: str) -> HostState:
    """A whole answer of `host_state`. Raises FactError on any shape that is not known."""
    found = parts(text, WHAT)
    host = dict(line.split("=", 1) for line in part(found, "host", WHAT).splitlines() if "=" in line)
    disks, mappings = tuple(_disks(found)), tuple(_mappings(found))
    groups, pvs, lvs = _lvm(found, {**{f"/dev/{disk.name}": disk.number for disk in disks}, **_nodes(mappings)})
    try:
        identity = {key: host[key] for key in ("machine_id", "boot_id", "hostname", "kernel")}
    except KeyError as error:
        raise FactError(f"{WHAT}: the host does not say its {error}.") from error
    return HostState(
        **identity,
        groups=groups,
        pvs=pvs,
        lvs=lvs,
        disks=disks,
        mappings=mappings,
        mounts=tuple(map(parse_mount, part(found, "mounts", WHAT).splitlines())),
        swaps=tuple(line.split()[0] for line in part(found, "swaps", WHAT).splitlines()[1:]),
        backups={name: uuid for uuid, name in lines(part(found, "backups", WHAT), WHAT, 2, " ")},
        dev=tuple(part(found, "dev", WHAT).split("\n")),
    )


def _lvm(found: Parts, numbers: Mapping[str, str]) -> tuple[tuple[Group, ...], tuple[Pv, ...], tuple[Lv, ...]]:
    """LVM's report: in JSON, or in text from an LVM that does not know the command for that (exit code 2 or 3)."""
    if found.get("lvm", (0, ""))[0] in (2, 3) and "pvs" in found:
        vgs, pvs, lvs = (part(found, name, WHAT) for name in ("vgs", "pvs", "lvs"))
        return parse_text(vgs, pvs, lvs, numbers)
    return parse_json(part(found, "lvm", WHAT))


def _nodes(mappings: Iterable[Dm]) -> dict[str, str]:
    return {f"/dev/mapper/{dm.name}": dm.number for dm in mappings}


def _tuples(row: Mapping[str, Json]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _disks(found: Parts) -> Iterator[Disk]:
    counters = {
        name: (int(sequence), int(written)) for name, sequence, written in lines(part(found, "counters", WHAT), WHAT, 3)
    }
    seen = set()
    for line in part(found, "disks", WHAT).splitlines():
        row = _pairs(line)
        try:
            name = row["KNAME"]
            disk = Disk(
                name=name,
                number=row["MAJ:MIN"].strip(),
                type=row["TYPE"],
                size=int(row["SIZE"]),
                read_only=row["RO"] == "1",
                serial=row["SERIAL"].strip(),
                wwn=row["WWN"],
                hctl=row["HCTL"],
                model=row["MODEL"].strip(),
                parent=row["PKNAME"],
                fstype=row["FSTYPE"],
                mount_point=row["MOUNTPOINT"],
                sequence=counters.get(name, (0, 0))[0],
                written=counters.get(name, (0, 0))[1],
            )
        except (KeyError, ValueError) as error:
            raise FactError(f"{WHAT}: lsblk's line {line!r} is not as expected ({error!r}).") from error
        if name not in seen:  # lsblk lists a volume over two disks twice
            seen.add(name)
            yield disk


def _pairs(line: str) -> dict[str, str]:
    """`KEY="value"` pairs; lsblk writes odd bytes as \\x20, and 2.37 wrote MAJ_MIN for MAJ:MIN."""
    pairs = re.findall(r'([A-Z:_]+)="((?:[^"\\]|\\.)*)"', line)
    return {key.replace("MAJ_MIN", "MAJ:MIN"): unescaped(value) for key, value in pairs}


def _mappings(found: Parts) -> Iterator[Dm]:
    tables: dict[str, list[str]] = {}
    for name, table in lines(_but_none(part(found, "tables", WHAT)), WHAT, 2, ": "):
        tables.setdefault(name, []).append(table)
    for name, uuid, major, minor, opened, attr in lines(_but_none(part(found, "mapping", WHAT)), WHAT, 6, "|"):
        rows = tuple(tables.get(name, ()))
        yield Dm(name, uuid, f"{major}:{minor}", int(opened), attr.endswith("r"), rows)


def _but_none(text: str) -> str:
    return "" if text.startswith("No devices found") else text


def parse_mount(line: str) -> Mount:
    """One line of mountinfo: `36 25 253:0 / / rw,noatime shared:1 - ext4 /dev/mapper/x rw` (man 5 proc)."""
    try:
        before, after = line.split(" - ", 1)
        _, _, number, _, mount_point, options, *_ = before.split(" ")
        fstype, source, super_options = after.split(" ", 2)
    except ValueError as error:
        raise FactError(f"{WHAT}: the mount line {line!r} is not as expected.") from error
    both = dict.fromkeys((*options.split(","), *super_options.split(",")))
    if "ro" in both:  # the mount or the file system is read-only: either way nothing is written
        both.pop("rw", None)
    return Mount(number, _plain(mount_point), fstype, _plain(source), tuple(both))


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def names(items: Iterable[str]) -> str:
    """Names in a sentence: `a`, `a and b`, `a, b and c`."""
    *rest, last = items
    return f"{', '.join(rest)} and {last}" if rest else last
