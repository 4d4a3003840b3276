"""What is handed back: the disk of one recovery, by what that recovery left behind. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json, Plan


class NothingToHandBack(Exception):
    """The recovery left nothing on its host; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One hand back, all of it taken from the recovery's record.

    recovery  number of the recovery
    group     UUID of the volume group since then
    new, old  the name it was given, and the one it had
    run_dir   the recovery's directory on the host, where the saved areas are
    pvs       UUID of each physical volume as planned → its UUID since
    left      UUID as planned → SHA-256 of the metadata areas as the recovery left them
    made      mount point → file on the host that lists the directories made for it
    bare      whether a disk had no LVM label before the recovery, so that its old bytes would make it useless
    """

    recovery: int
    vm: str
    host: str
    group: str
    new: str
    old: str
    run_dir: str
    pvs: Mapping[str, str]
    left: Mapping[str, str]
    made: Mapping[str, str]
    bare: bool = False

    @property
    def imported(self) -> bool:
        """Whether the group was given new UUIDs, so that a new name alone does not make it what it was."""
        return any(planned != now for planned, now in self.pvs.items())

    def to_json(self) -> dict[str, Json]:
        return asdict(self)

    @classmethod
    def from_json(cls, params: Mapping[str, Json]) -> Wish:
        """The wish in `params`. Raises ValueError with a sentence where something is missing."""
        try:
            names = (name for name in cls.__dataclass_fields__ if name != "bare" or name in params)
            return cls(**{name: params[name] for name in names})
        except KeyError as error:
            raise ValueError(f"The request lacks {error}.") from error


def wish_of(number: int, plan: Plan, found: Mapping[str, Mapping[str, Json]], run_dir: str) -> Wish:
    """The hand back of a recovery, by its plan and what its steps found. Raises NothingToHandBack."""
    done = found.get("restore", {})
    if not done.get("areas"):
        raise NothingToHandBack(
            f"Recovery #{number} never gave the group its new name, so there is nothing to hand back. Undo it instead."
        )
    uuids = [str(uuid) for uuid in plan.target["pv_uuids"]]
    now = done.get("pvs", {})
    return Wish(
        recovery=number,
        vm=str(plan.target["vm"]),
        host=str(plan.target["host"]),
        group=str(done.get("vg_uuid") or plan.target["vg_uuid"]),
        new=str(plan.settings["new"]),
        old=str(plan.settings["old"]),
        run_dir=run_dir,
        pvs={uuid: str(now.get(uuid, uuid)) for uuid in uuids},
        left={uuid: str(done["areas"][uuid]) for uuid in uuids if uuid in done["areas"]},
        made=dict(_made(plan, run_dir)),
        bare=bool(plan.settings.get("bare")),
    )


def _made(plan: Plan, run_dir: str) -> list[tuple[str, str]]:
    """For each mount step its mount point, and the file that lists the directories made: words 2 and 4 of its call."""
    calls = [step.command for step in plan.steps if step.command and step.key.startswith("mount-")]
    return [(call.argv[1], call.argv[3].replace("{run_dir}", run_dir)) for call in calls]
