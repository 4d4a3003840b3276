"""LVM's report on groups, physical and logical volumes: in JSON, or from older LVM in text.

JSON came with LVM 2.02.158. Before it, `pvs`, `vgs` and `lvs` are asked with `--nameprefixes --unquoted`, which 2.02.88
has too; that is known from transcripts and from newer LVM in the same words, and was not run by us on such a host.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from changes.plan import Json
from ssh.facts import FactError

WHAT = "The state of the host"


@dataclass(frozen=True, slots=True)
class Group:
    """A volume group that LVM on the host knows. Sizes in bytes."""

    name: str
    uuid: str
    seqno: int
    exported: bool
    clustered: bool
    shared: bool
    system_id: str
    missing: int
    size: int
    free: int


@dataclass(frozen=True, slots=True)
class Pv:
    """A physical volume; `group` is the UUID of its volume group, empty for none. `number` is "8:16"."""

    device: str
    uuid: str
    group: str
    duplicate: bool
    in_use: bool
    pe_start: int
    mda_count: int
    size: int
    number: str


@dataclass(frozen=True, slots=True)
class Lv:
    """A logical volume; `group` is the UUID of its volume group, `attr` LVM's ten letters."""

    group: str
    name: str
    uuid: str
    attr: str
    active: bool
    size: int
    types: tuple[str, ...]
    devices: tuple[str, ...]


Report = tuple[tuple[Group, ...], tuple[Pv, ...], tuple[Lv, ...]]

JSON_LINE = re.compile(r"\s*[{}\[\],\"]")
"""LVM puts words of its own between the lines of its report, such as “Retrying metadata scan.” (2.03.16)."""


def parse_json(text: str) -> Report:
    """The answer of `lvm fullreport --reportformat json`. Raises FactError on any shape that is not known."""
    try:
        reports = json.loads("\n".join(line for line in text.splitlines() if JSON_LINE.match(line)))["report"]
        groups = [_group(row) for report in reports for row in report.get("vg", ())]
        pvs = [_pv(row, _owner(report)) for report in reports for row in report.get("pv", ())]
        lvs = [_lv(row, report) for report in reports for row in report.get("lv", ())]
    except (ValueError, KeyError, TypeError) as error:
        raise FactError(f"{WHAT}: LVM's report is not as expected ({error!r}).") from error
    return tuple(groups), tuple(pvs), tuple(lvs)


def _owner(report: Mapping[str, Json]) -> str:
    return str(report["vg"][0]["vg_uuid"]) if report.get("vg") else ""


def _group(row: Mapping[str, str]) -> Group:
    return Group(
        name=row["vg_name"],
        uuid=row["vg_uuid"],
        seqno=int(row["vg_seqno"]),
        exported=bool(row["vg_exported"]),
        clustered=bool(row["vg_clustered"]),
        shared=bool(row["vg_shared"]),
        system_id=row["vg_systemid"],
        missing=int(row["vg_missing_pv_count"] or 0),
        size=int(row["vg_size"]),
        free=int(row["vg_free"]),
    )


def _pv(row: Mapping[str, str], owner: str) -> Pv:
    return Pv(
        device=row["pv_name"],
        uuid=row["pv_uuid"],
        group=owner,
        duplicate=bool(row["pv_duplicate"]),
        in_use=bool(row["pv_in_use"]),
        pe_start=int(row["pe_start"]),
        mda_count=int(row["pv_mda_count"]),
        size=int(row["pv_size"]),
        number=f"{row['pv_major']}:{row['pv_minor']}",
    )


def _lv(row: Mapping[str, str], report: Mapping[str, Json]) -> Lv:
    segments = [segment for segment in report["seg"] if segment["lv_uuid"] == row["lv_uuid"]]
    return Lv(
        group=_owner(report),
        name=row["lv_name"].strip("[]"),
        uuid=row["lv_uuid"],
        attr=row["lv_attr"],
        active=row["lv_active"] not in ("", "unknown"),
        size=int(row["lv_size"]),
        types=tuple(dict.fromkeys(segment["segtype"] for segment in segments)),
        devices=tuple(name for segment in segments for name in segment["devices"].split(",") if name),
    )


VGS = ("VG_NAME", "VG_UUID", "VG_SEQNO", "VG_ATTR", "VG_SIZE", "VG_FREE")
PVS = ("PV_NAME", "PV_UUID", "VG_UUID", "PE_START", "PV_MDA_COUNT", "PV_SIZE")
LVS = ("VG_UUID", "LV_NAME", "LV_UUID", "LV_ATTR", "LV_SIZE", "SEGTYPE", "DEVICES")
"""Fields in the order in which `host_state.lib.sh` asks for them."""

ABSENT = ("unknown device", "[unknown]")
"""What LVM calls a physical volume that is not there."""

TWICE = (
    re.compile(r"Found duplicate PV (?P<uuid>[A-Za-z0-9]{32}): using \S+ not (?P<device>\S+)"),
    re.compile(r"WARNING: Not using device (?P<device>\S+) for PV (?P<uuid>[A-Za-z0-9-]{32,38})\."),
)
"""The device of a pair that LVM passes over stands in none of its reports, only in these words."""


def parse_text(vgs: str, pvs: str, lvs: str, numbers: Mapping[str, str]) -> Report:
    """The answers of the three reports; `numbers` is device path → number. Raises FactError, naming the line.

    Real lines (2.03.16, the same words):

        LVM2_VG_NAME=RootVG|LVM2_VG_UUID=HnMRXQ-13FT-…|LVM2_VG_SEQNO=3|LVM2_VG_ATTR=wz--n-|LVM2_VG_SIZE=62914560|…
        LVM2_PV_NAME=/dev/sdb|LVM2_PV_UUID=GtbYPy-hUId-…|LVM2_VG_UUID=HnMRXQ-13FT-…|LVM2_PE_START=1048576|…
        LVM2_VG_UUID=HnMRXQ-13FT-…|LVM2_LV_NAME=one|LVM2_LV_UUID=7Ysnxx-D7rj-…|LVM2_LV_ATTR=-wi-a-----|…
    """
    rows = list(_rows(pvs, PVS))
    gone = [row["VG_UUID"] for row in rows if row["PV_NAME"] in ABSENT]
    groups = tuple(_text_group(row, gone.count(row["VG_UUID"])) for row in _rows(vgs, VGS))
    twice = tuple(_hidden(pvs, rows, numbers))
    return groups, tuple(_text_pv(row, numbers) for row in rows) + twice, tuple(_text_lvs(list(_rows(lvs, LVS))))


def _rows(text: str, fields: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The report's lines; other lines are LVM's words to people."""
    for line in text.splitlines():
        words = line.strip()
        if not words.startswith("LVM2_"):
            continue
        pairs = [pair.partition("=") for pair in words.split("|")]
        if [key for key, _, _ in pairs] != [f"LVM2_{field}" for field in fields]:
            raise FactError(f"{WHAT}: LVM's line {words!r} has other fields than were asked for.")
        yield {key.removeprefix("LVM2_"): value for key, _, value in pairs}


def _text_group(row: Mapping[str, str], gone: int) -> Group:
    attr = row["VG_ATTR"]
    if len(attr) != 6:
        raise FactError(f"{WHAT}: {attr!r} is not what LVM's six letters on a group look like.")
    return Group(
        name=row["VG_NAME"],
        uuid=row["VG_UUID"],
        seqno=_number(row["VG_SEQNO"]),
        exported=attr[2] == "x",
        clustered=attr[5] == "c",
        shared=attr[5] == "s",
        system_id="",
        missing=max(gone, attr[3] == "p"),
        size=_number(row["VG_SIZE"]),
        free=_number(row["VG_FREE"]),
    )


def _text_pv(row: Mapping[str, str], numbers: Mapping[str, str]) -> Pv:
    device = row["PV_NAME"]
    return Pv(
        device=device,
        uuid=row["PV_UUID"],
        group=row["VG_UUID"],
        duplicate=False,
        in_use=bool(row["VG_UUID"]),
        pe_start=_number(row["PE_START"]),
        mda_count=_number(row["PV_MDA_COUNT"]),
        size=_number(row["PV_SIZE"]),
        number="" if device in ABSENT else _device_number(device, numbers),
    )


def _hidden(said: str, rows: list[dict[str, str]], numbers: Mapping[str, str]) -> Iterator[Pv]:
    """The devices that LVM passes over because their UUID is there twice, each once."""
    known = {row["PV_UUID"].replace("-", ""): row for row in rows}
    seen = set()
    for match in (match for pattern in TWICE for match in pattern.finditer(said)):
        device, row = match["device"], known.get(match["uuid"].replace("-", ""))
        if row is None:
            raise FactError(f"{WHAT}: LVM says {match[0]!r}, and reports no such physical volume.")
        if device not in seen:
            seen.add(device)
            yield replace(_text_pv({**row, "PV_NAME": device}, numbers), duplicate=True)


def _text_lvs(rows: list[dict[str, str]]) -> Iterator[Lv]:
    """One volume for its segments, which are a line each."""
    for uuid in dict.fromkeys(row["LV_UUID"] for row in rows):
        mine = [row for row in rows if row["LV_UUID"] == uuid]
        first, attr = mine[0], mine[0]["LV_ATTR"]
        if len(attr) < 6:
            raise FactError(f"{WHAT}: {attr!r} is not what LVM's letters on a volume look like.")
        yield Lv(
            group=first["VG_UUID"],
            name=first["LV_NAME"].strip("[]"),
            uuid=uuid,
            attr=attr,
            active=attr[4] not in "-X",
            size=_number(first["LV_SIZE"]),
            types=tuple(dict.fromkeys(row["SEGTYPE"] for row in mine)),
            devices=tuple(name for row in mine for name in row["DEVICES"].split(",") if name),
        )


def _device_number(device: str, numbers: Mapping[str, str]) -> str:
    if device not in numbers:
        raise FactError(f"{WHAT}: LVM speaks of {device}, and the kernel lists no such device.")
    return numbers[device]


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise FactError(f"{WHAT}: LVM says {text[:40]!r} where a number belongs.") from None
