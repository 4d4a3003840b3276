"""The story's acts over the API, and what has to be true on the host."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from lab import Host
from tests.product.dashboard import Dashboard

NEW = "vm42_RootVG"
MOUNTS = {"root": "/recovered/vm42/root", "var": "/recovered/vm42/var"}


def body(dashboard: Dashboard, host: str = "app01", scenario: str = "story") -> dict[str, Any]:
    return {
        "vm": "vm42",
        "host": host,
        "metadata": dashboard.backup(scenario).read_text(),
        "new_vg": NEW,
        "volumes": [{"lv": lv, "mount_point": place} for lv, place in MOUNTS.items()],
        "reason": "It does not boot, and the ledger is on it.",
    }


def requested(dashboard: Dashboard, host: str = "app01") -> int:
    """Rosa asks and submits; the number."""
    change = dashboard.api("rosa", "/changes/recovery", body(dashboard, host))
    assert change["state"] == "planned", change["refusal"]
    dashboard.act("rosa", change["number"], "submit")
    number: int = change["number"]
    return number


def started(dashboard: Dashboard, host: str = "app01") -> int:
    """Amir approves what Rosa asked for, and Olu starts it; the number."""
    number = requested(dashboard, host)
    approved_and_run(dashboard, number)
    return number


def approved_and_run(dashboard: Dashboard, number: int) -> None:
    """Amir approves a submitted change, and Olu starts it."""
    digest = dashboard.change(number)["digest"]
    dashboard.act("amir", number, "approve", digest=digest, comment="Read every step.")
    dashboard.act("olu", number, "run")


def attach(dashboard: Dashboard, number: int, host: str = "app01") -> None:
    """Attach the old disk over QMP and say so."""
    lab = dashboard.lab
    lab.host(host).attach(lab.disk("vm42"), "scsi0")
    dashboard.act("olu", number, "confirm")


def recovered(dashboard: Dashboard, host: str = "app01") -> int:
    """The whole recovery; the number."""
    number = started(dashboard, host)
    dashboard.until(number, "waiting")
    attach(dashboard, number, host)
    dashboard.until(number, "succeeded")
    return number


def kill_during(
    dashboard: Dashboard,
    number: int,
    wanted: list[str],
    ends: tuple[str, ...],
    most: int = 100,
    kill: Callable[[], int] | None = None,
) -> list[str]:
    """Kill the workers, or whom else `kill` does, once in each of the wanted steps, as soon as they are seen there,
    until the change is in one of the states `ends`; the steps at which it was done."""
    kill = kill or dashboard.kill_workers
    hit: list[str] = []
    end = time.monotonic() + 400
    while time.monotonic() < end:
        state, now = dashboard.glance(number)
        if state in ends:
            return hit
        if now in wanted and now not in hit and len(hit) < most and kill():
            hit.append(now)
        time.sleep(0.1)
    pytest.fail(f"#{number} is still {state}")


def groups(host: Host) -> dict[str, dict[str, str]]:
    """Volume groups on the host: name → uuid, seqno. A name that is there twice fails here."""
    rows = host.run("vgs --noheadings -o vg_name,vg_uuid,vg_seqno", sudo=True).split("\n")
    found = [row.split() for row in rows if row.strip()]
    assert len({row[0] for row in found}) == len(found), found
    return {name: {"uuid": uuid, "seqno": seqno} for name, uuid, seqno in found}
