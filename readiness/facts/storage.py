"""What the root file system stands on, room, and LVM's state."""

from __future__ import annotations

from collections.abc import Mapping

from readiness.facts.numbers import number
from readiness.facts.values import Disk, Group, Logical, Lvm, Mount, Physical, Root, Space, Told
from ssh.facts import FactError


def parse_root(text: str, ids: Mapping[str, str], mount: Mount | None, what: str) -> Root:
    """Raises FactError naming the line, or where nothing is mounted on `/`.

    A real answer:

        number=254:0
        block=dm-0
        dm=dm-0 LVM-jj0oQ4HeGMVvEUNfNFmOZ4A9KPrbqnwIG8EcWjQdY23A4TmnOIaUPvqd2mGe3yrT RootVG-root
        block=sda
        disk=sda
        driver=sda virtio_scsi virtio_scsi
    """
    if mount is None:
        raise FactError(f"{what}: the host names no file system that is mounted on /.")
    blocks, dm, md, drivers = list[str](), list[tuple[str, str]](), list[str](), dict[str, list[tuple[str, str]]]()
    mapped = list[str]()
    for line in text.splitlines():
        key, _, value = line.partition("=")
        words = value.split()
        if key == "block" and words:
            blocks.append(words[0])
        elif key == "dm" and len(words) == 3:
            mapped.append(words[0])
            dm.append((words[2], words[1]))
        elif key == "md" and words:
            md.append(value)
        elif key == "disk" and words:
            drivers.setdefault(words[0], [])
        elif key == "driver" and len(words) == 3:
            drivers.setdefault(words[0], []).append((words[1], "" if words[2] == "-" else words[2]))
        elif key != "number" and line:
            raise FactError(f"{what}: the line {line!r} tells nothing of the root file system's disks.")
    device = f"/dev/{blocks[0]}" if blocks else mount.source
    # The kernel goes on calling a mount by the name that its volume had, also where its group was renamed since.
    now = f"/dev/mapper/{dm[0][0]}" if blocks and blocks[:1] == mapped[:1] else mount.source
    source = now if mount.source.startswith("/dev/mapper/") else mount.source
    names = {device, source, *(path for path, target in ids.items() if target == device)}
    disks = tuple(Disk(name, tuple(dict.fromkeys(found))) for name, found in drivers.items())
    return Root(mount.source, mount.fstype, frozenset(names), tuple(dict.fromkeys(dm)), tuple(dict.fromkeys(md)), disks)


def parse_ids(text: str) -> dict[str, str]:
    """`/dev/disk/by-uuid/8df7… /dev/dm-0` as path → device."""
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if " " in line)
    return dict(pairs)


def parse_space(space: str, inodes: str) -> dict[str, Space]:
    """Place → room. A real line: `/boot /dev/mapper/RootVG-root 948812 444672 438604 51% /`."""
    files = {row[0]: row for line in inodes.splitlines() if len(row := line.split(None, 6)) == 7}
    found = {}
    for line in space.splitlines():
        row = line.split(None, 6)
        size, free = (number(row[2]), number(row[4].lstrip("-"))) if len(row) == 7 else (None, None)
        if size is None or free is None:
            continue
        counted = files.get(row[0])
        there, left = (number(counted[2]), number(counted[4])) if counted else (None, None)
        counts = bool(there) and left is not None
        free = -free if row[4].startswith("-") else free
        found[row[0]] = Space(row[0], row[6], size, free, there if counts else None, left if counts else None)
    return found


def parse_lvm(vgs: Told, pvs: Told, lvs: Told, devices_file: Told) -> Lvm:
    """LVM's reports, whose rows begin with `LVM2_`; everything else in them is what LVM says to people."""
    why = vgs.why or pvs.why or lvs.why
    said = dict.fromkeys(
        line.strip() for told in (vgs, pvs, lvs) for line in told.lines if not _is_row(line) and line.strip()
    )
    kept = devices_file.lines
    return Lvm(
        groups=tuple(Group(row["VG_NAME"], row["VG_UUID"], row["VG_ATTR"]) for row in _rows(vgs)),
        physical=tuple(Physical(row["PV_NAME"], row["PV_UUID"], row["VG_NAME"], row["PV_ATTR"]) for row in _rows(pvs)),
        logical=tuple(
            Logical(
                row["VG_NAME"],
                row["LV_NAME"],
                row["LV_ATTR"],
                _number(row["DATA_PERCENT"]),
                _number(row["METADATA_PERCENT"]),
            )
            for row in _rows(lvs)
        ),
        said=tuple(said),
        why=why and f"LVM's state is not known: {why}.",
        uses_file="use_devicesfile=1" in kept,
        devices_file=tuple(line[1:] for line in kept if line.startswith("|")) if "file=yes" in kept else None,
    )


def _is_row(line: str) -> bool:
    return line.strip().startswith("LVM2_")


def _rows(told: Told) -> list[dict[str, str]]:
    """Raises FactError where a row lacks a field."""
    wanted = {
        "VG_NAME",
        "VG_UUID",
        "VG_ATTR",
        "PV_NAME",
        "PV_UUID",
        "PV_ATTR",
        "LV_NAME",
        "LV_ATTR",
        "DATA_PERCENT",
        "METADATA_PERCENT",
    }
    rows = []
    for line in filter(_is_row, told.lines):
        pairs = (cell.partition("=") for cell in line.strip().split("|"))
        row = {name.removeprefix("LVM2_"): value for name, _, value in pairs}
        rows.append(dict.fromkeys(wanted, "") | row)
    return rows


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
