"""What the host says of a recovered group today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from changes.plan import Json
from recovery.attached import Attached, attached_of
from recovery.facts.areas import AskAreas, AskSaved, Saved
from recovery.facts.host import AskHost, HostState
from recovery.facts.host_fstab import AskHostFstab
from recovery.facts.labels import AskLabels, AskTexts, Labelled
from recovery.facts.planning import AskPlanning, Planning
from recovery.handback.wish import Wish
from recovery.lvm.label import LabelError
from ssh.facts import Ask


@dataclass(frozen=True, slots=True)
class Area:
    """Where LVM may write on a device, `start:length,…` in bytes, and the SHA-256 of that now."""

    ranges: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the plan is made from.

    devices  those that the group lies on now, with the metadata text on each
    areas    UUID of each of them now → its metadata areas
    saved    UUID as planned by the recovery → what the recovery saved; empty where its directory is gone
    fstab    text of the host's /etc/fstab
    """

    host: HostState
    planning: Planning
    devices: tuple[Attached, ...]
    areas: Mapping[str, Area]
    saved: Mapping[str, Saved]
    fstab: str = ""

    def to_json(self) -> dict[str, Json]:
        return {
            "host": self.host.to_json(),
            "planning": self.planning.to_json(),
            "devices": [device.to_json() for device in self.devices],
            "areas": {uuid: asdict(area) for uuid, area in self.areas.items()},
            "saved": {uuid: asdict(saved) for uuid, saved in self.saved.items()},
            "fstab": self.fstab,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Facts:
        """What `to_json` made."""
        return cls(
            HostState.from_json(data["host"]),
            Planning.from_json(data["planning"]),
            tuple(Attached(**row) for row in data["devices"]),
            {uuid: Area(**row) for uuid, row in data["areas"].items()},
            {uuid: Saved(**row) for uuid, row in data["saved"].items()},
            data["fstab"],
        )


def gather(wish: Wish, ask: Ask) -> Facts:
    """Ask the host. Only reads; raises FactError or SessionError."""
    planning, host = ask(AskPlanning(())), ask(AskHost())
    numbers = {pv.number for pv in host.pvs if pv.group == wish.group}
    ours = [label for label in ask(AskLabels()) if label.number in numbers]
    places = {label: _first_area(label) for label in ours}
    texts = ask(AskTexts(tuple(place for place in places.values() if place)))
    devices = tuple(attached_of(label, host, texts[place] if place else "") for label, place in places.items())
    return Facts(host, planning, devices, _areas(ours, ask), ask(AskSaved(wish.run_dir)), ask(AskHostFstab()))


def _first_area(label: Labelled) -> tuple[str, int] | None:
    areas = label.label.metadata_areas if label.label else ()
    return (label.device, areas[0].offset) if areas else None


def _areas(labels: list[Labelled], ask: Ask) -> dict[str, Area]:
    known = {}
    for label in labels:
        try:
            known[label.uuid] = (label.device, label.areas)
        except LabelError:
            continue
    hashes = ask(AskAreas(tuple(known.values()))) if known else {}
    return {uuid: Area(ranges, hashes[device]) for uuid, (device, ranges) in known.items()}
