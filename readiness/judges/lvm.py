"""Whether LVM would find and activate what is active now."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from readiness.facts.values import Lvm
from readiness.judges.finding import Point, amber, green, red, unknown
from readiness.judges.known import Known

POOL_FULL, POOL_NEAR = 95.0, 85.0
DUPLICATE = re.compile(r"duplicate PV|Not using device|prefers device|duplicate VG name|VG name \S+ is used by", re.I)


def judge(known: Known) -> Iterator[Point]:
    facts, lvm = known.facts, known.facts.lvm
    if lvm.why:
        if facts.root.on_lvm or "lvm" in facts.machine.tools:
            yield unknown(lvm.why)
        else:
            yield green("This host has no LVM, and / is on none.", f"/ is {facts.root.source}")
        return
    home = _group_of_root(lvm, facts.root.dm[0][0] if facts.root.on_lvm else "")
    problems = [*_missing(lvm, home), *_doubles(lvm, home), *_devices_file(lvm, home), *_pools(lvm)]
    yield from problems
    if not problems:
        shown = [f"{one.name} ({one.attr})" for one in lvm.groups]
        yield green(
            "Every volume group is whole, and no disk is there twice." if shown else "This host has no volume group.",
            *shown,
            *(f"{one.name} in {one.group or 'no group'}" for one in lvm.physical),
        )


def _group_of_root(lvm: Lvm, mapper: str) -> str:
    names = {f"{one.group.replace('-', '--')}-{one.name.replace('-', '--')}": one.group for one in lvm.logical}
    return names.get(mapper, "")


def _missing(lvm: Lvm, home: str) -> Iterator[Point]:
    for group in lvm.groups:
        if group.attr[3:4] == "p":
            gone = [
                f"{one.name or '[unknown]'} {one.uuid}"
                for one in lvm.physical
                if one.group == group.name and ("m" in one.attr or not one.name or one.name == "[unknown]")
            ]
            say = red if group.name == home else amber
            yield say(
                f"A physical volume of {group.name} is missing.",
                f"{group.name}: {group.attr}",
                *gone,
                todo="Find the disk. Where it is lost for good and empty: vgreduce --removemissing.",
            )


def _doubles(lvm: Lvm, home: str) -> Iterator[Point]:
    said = [line for line in lvm.said if DUPLICATE.search(line)]
    names = [name for name, count in Counter(group.name for group in lvm.groups).items() if count > 1]
    if said or names:
        say = red if home in names or said else amber
        yield say(
            "LVM sees the same disk or group name twice, and may take the other one at boot.",
            *said,
            *(f"{one.name} {one.uuid}" for one in lvm.groups if one.name in names),
            todo="Detach the copy before the host reboots, or import it under another name (vgimportclone).",
        )


def _devices_file(lvm: Lvm, home: str) -> Iterator[Point]:
    if not lvm.uses_file or lvm.devices_file is None or not home:
        return
    text = "\n".join(lvm.devices_file)
    for one in lvm.physical:
        if one.group == home and one.uuid.replace("-", "") not in text:
            yield red(
                f"LVM's devices file does not name {one.name}, on which / is.",
                f"{one.name} {one.uuid}",
                *lvm.devices_file,
                todo=f"lvmdevices --adddev {one.name}, then make the initial file system anew.",
            )


def _pools(lvm: Lvm) -> Iterator[Point]:
    for one in lvm.logical:
        kind, data, meta = one.attr[:1], one.data or 0.0, one.metadata or 0.0
        fullest = max(data, meta)
        said = f"{one.group}/{one.name}: data {data} %, metadata {meta} %"
        if kind == "t" and fullest >= POOL_NEAR:
            say = red if fullest >= POOL_FULL else amber
            yield say(
                f"The thin pool {one.group}/{one.name} is {fullest:.0f} % full; once it is full its volumes fail.",
                said,
                todo="Extend it (lvextend), its metadata too.",
            )
        elif kind in "sS" and data >= POOL_FULL:
            yield amber(
                f"The snapshot {one.group}/{one.name} is {data:.0f} % full; once it is full it is lost.",
                said,
                todo="Extend it or remove it.",
            )
