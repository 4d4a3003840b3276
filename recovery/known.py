"""What is known of the target host when a plan is made. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from changes.plan import Json
from recovery.attached import Attached
from recovery.bare import Bare
from recovery.disk_fstab import DiskFstab
from recovery.facts.host import HostState
from recovery.facts.planning import Planning


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the target host when the plan is made."""

    host: HostState
    planning: Planning
    attached: tuple[Attached, ...] = ()
    contents: Mapping[str, str] = field(default_factory=dict)
    """Logical volume → what is on it, for the attached disk's group, as far as it could be told."""
    fstab: str = ""
    """Text of the host's own /etc/fstab, where lines are to be put there."""
    bare: tuple[Bare, ...] = ()
    """Devices that may be the disk that lost its label, where somebody asks for one to be written anew."""
    disk_fstab: DiskFstab | None = None
    """The old VM's own /etc/fstab as it stands on the attached disk, where somebody asks for that."""

    def to_json(self) -> dict[str, Json]:
        return {
            "host": self.host.to_json(),
            "planning": self.planning.to_json(),
            "attached": [device.to_json() for device in self.attached],
            "contents": dict(self.contents),
            **({"fstab": self.fstab} if self.fstab else {}),
            **({"disk_fstab": self.disk_fstab.to_json()} if self.disk_fstab else {}),
            **({"bare": [device.to_json() for device in self.bare]} if self.bare else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Facts:
        """What `to_json` made."""
        attached = tuple(Attached(**row) for row in data.get("attached", ()))
        host, planning = HostState.from_json(data["host"]), Planning.from_json(data["planning"])
        bare = tuple(Bare(**row) for row in data.get("bare", ()))
        own = DiskFstab(**data["disk_fstab"]) if "disk_fstab" in data else None
        return cls(host, planning, attached, data.get("contents", {}), data.get("fstab", ""), bare, own)
