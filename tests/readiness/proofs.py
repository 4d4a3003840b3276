"""A hypervisor's VM as `gather` would tell it, and a recorded domain with something of everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from changes.plan import Plan, Refusal
from readiness.proof.planner import plan
from readiness.proof.wish import Wish

UUID = "1f0c2634-306c-47d4-83f0-d7caea0daf02"
FIRST, SECOND = "/var/lib/libvirt/images/app01.qcow2", "/var/lib/libvirt/images/app01-data.img"
XML = (Path(__file__).parent / "samples" / "app01-domain.xml").read_text()


def wish(**changes: Any) -> Wish:
    return Wish(**{"host": "hv01", "proves": "app01", "vm": "app01", "uuid": UUID, **changes})


def said(**changes: Any) -> dict[str, Any]:
    """The facts of a VM that is off; `vm` changes parts of what is said of it."""
    vm = {
        "name": "app01",
        "power": "off",
        "xml": XML,
        "now": [["sda", FIRST], ["sdb", SECOND]],
        "chains": {FIRST: ["/var/lib/libvirt/images/base.qcow2"], SECOND: []},
        "devices": [],
        **changes.pop("vm", {}),
    }
    facts = {"machine_id": "m1", "versions": {"libvirt": [9, 0], "QEMU": [7, 2]}}
    return {**facts, "vm": vm, "named": [], "there": [], "against": [], **changes}


def planned(facts: dict[str, Any] | None = None, **asked: Any) -> Plan:
    made = plan(wish(**asked).to_json(), facts or said())
    assert isinstance(made, Plan), made
    return made


def why_not(facts: dict[str, Any] | None = None, **asked: Any) -> str:
    made = plan(wish(**asked).to_json(), facts or said())
    assert isinstance(made, Refusal), made.title
    return " ".join(made.reasons)
