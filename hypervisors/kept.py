"""A look at a hypervisor as plain JSON and back, so that a plan can be made from it again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hypervisors.safety import Look
from hypervisors.values import VM, Disk, Nic, Power


def to_json(look: Look) -> dict[str, Any]:
    return {"vms": [asdict(vm) for vm in look.vms], "files": dict(look.files)}


def from_json(data: Mapping[str, Any]) -> Look:
    """What `to_json` made."""
    return Look(tuple(vm_from_json(row) for row in data["vms"]), dict(data["files"]))


def vm_from_json(row: Mapping[str, Any]) -> VM:
    return VM(
        uuid=row["uuid"],
        name=row["name"],
        power=Power(row["power"]),
        disks=tuple(_disk(disk) for disk in row["disks"]),
        next_disks=tuple(_disk(disk) for disk in row["next_disks"]),
        nics=tuple(Nic(**nic) for nic in row["nics"]),
        buses=tuple(row["buses"]),
        persistent=row.get("persistent", True),
        saved=row.get("saved", False),
    )


def _disk(row: Mapping[str, Any]) -> Disk:
    return Disk(**{**row, "chain": tuple(row["chain"])})
