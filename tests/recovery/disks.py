"""Disks as found attached, for pure tests: the story's own metadata on a disk with a serial number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from recovery.attached import Attached
from recovery.known import Facts
from tests.recovery.story import PV, facts, params

OLD = Attached("sdb", "8:16", "sdb", "", PV, 2**29, 2**29, "vm42-root", "", "0:0:1:0", params()["metadata"])


def with_disks(*devices: Attached, **changes: Any) -> Facts:
    return replace(facts(**changes), attached=devices or (OLD,))


def from_disk(**changes: Any) -> dict[str, Any]:
    return params(**{"metadata": "", "disk": "vm42-root", "volumes": [], **changes})
