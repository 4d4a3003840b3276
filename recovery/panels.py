"""What a recovery adds to the change page: attach the disk, what is mounted where, give the disk back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from changes.panels import Panel, Situation
from changes.plan import Json, Plan
from changes.policy import Action
from changes.states import State
from people.roles import Role
from recovery.handback.asking import handed_back
from recovery.site import is_left
from recovery.telling import NothingToReport, report_of

MOUNTED = frozenset({State.SUCCEEDED})
ENDED = MOUNTED | {
    *(State.FAILED, State.CANCELLED, State.UNKNOWN, State.UNDONE, State.UNDO_FAILED, State.CLOSED),
}
NEARLY_FULL = 90


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a mounted volume's top directory. `moment` is None where the host gave no time."""

    name: str
    type: str
    size: int | None
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class Mounted:
    """A mounted volume as `findmnt` and `df` told it; sizes in bytes.

    dirty  its journal was not replayed, so what stood only there is missing
    """

    lv: str
    mount_point: str
    device: str
    fstype: str
    options: tuple[str, ...]
    size: int
    used: int
    available: int
    dirty: bool
    entries: tuple[Entry, ...]

    @property
    def percent(self) -> int:
        return round(100 * self.used / self.size) if self.size else 0

    @property
    def read_only(self) -> bool:
        return "ro" in self.options

    @property
    def full(self) -> bool:
        return self.percent >= NEARLY_FULL


def mounted_panel(situation: Situation) -> Panel | None:
    """What is mounted where, once the report has told it and until it is taken back."""
    report = situation.found.get("report")
    if not report or situation.change.state not in MOUNTED or handed_back(situation.change):
        return None
    mounts = [_mounted(row, situation.found) for row in report.get("mounts", ())]
    context = {"mounts": mounts, "skipped": report.get("skipped", ()), "host": situation.change.host.name}
    return Panel("recovery/_mounted.html", context)


def report_panel(situation: Situation) -> Panel | None:
    """The report, once the run has come to an end of any kind."""
    if situation.change.state not in ENDED:
        return None
    try:
        return Panel("recovery/_report.html", {"report": report_of(situation.change)})
    except NothingToReport:
        return None


def attach_panel(situation: Situation) -> Panel | None:
    """The site's own way to attach the disk, where it has one and this person may use it."""
    may = Action.CONFIRM in situation.may
    if not settings.ATTACH_COMMAND or not may or situation.wait_step not in ("attach", "rescan"):
        return None
    return Panel("recovery/_attach.html", {"vm": situation.plan.target.get("vm", ""), "change": situation.change})


def detach_panel(situation: Situation) -> Panel | None:
    """After the undo, or the hand back, the disk is given back, by the site's own way or by a person."""
    if not is_left(situation.change) or not {"rescan", "restore", "name"} & situation.found.keys():
        return None
    context = {
        "vm": situation.plan.target.get("vm", ""),
        "host": situation.change.host.name,
        "number": situation.change.number,
        "offered": bool(settings.DETACH_COMMAND) and Role.OPERATOR in situation.actor.roles,
    }
    return Panel("recovery/_detach.html", context)


def confirm_words(plan: Plan, step: str) -> str:
    return "The disk is attached"


def undo_words(plan: Plan, touched: frozenset[str]) -> str:
    """`unmount 2 volumes, give the group its old name RootVG back, remove the disk`."""
    count = sum(key.startswith("mount-") for key in touched)
    old, bare = plan.settings.get("old", ""), bool(plan.settings.get("bare"))
    words = (
        (count > 0, f"unmount {count} volume{'' if count == 1 else 's'}"),
        ("activate" in touched and not count, "deactivate the group"),
        ("restore" in touched and not bare, f"give the group its old name {old} back"),
        (bare and bool({"restore", "relabel"} & touched), "take the new LVM label off the disk again"),
        ("rescan" in touched, "remove the disk"),
        (not {"restore", "rescan", "relabel"} & touched, "remove the copied files"),
    )
    return ", ".join(word for holds, word in words if holds)


def _mounted(row: Mapping[str, Json], found: Mapping[str, Mapping[str, Json]]) -> Mounted:
    return Mounted(
        lv=str(row["lv"]),
        mount_point=str(row["mount_point"]),
        device=str(row.get("device", "")),
        fstype=str(row.get("fstype", "")),
        options=tuple(row.get("options", ())),
        size=int(row.get("size", 0)),
        used=int(row.get("used", 0)),
        available=int(row.get("avail", 0)),
        dirty=any(step.get("lv") == row["lv"] and step.get("dirty") for step in found.values()),
        entries=tuple(map(_entry, row.get("entries", ()))),
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    mtime = row.get("mtime")
    moment = datetime.fromtimestamp(float(mtime), UTC) if mtime is not None else None
    return Entry(str(row["name"]), str(row.get("type", "")), row.get("size"), moment)
