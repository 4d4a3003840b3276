"""What is risky about a plan, read from the plan itself. Pure.

What any kind's plan can tell is told here; what only the kind knows (a volume mounted for writing, a bond under
our own session) it says itself, by the hook that it registers.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from changes.kinds import risks_of_kind
from changes.plan import HIGH, Json, Plan


class Risk(StrEnum):
    OUTAGE = "outage"
    DANGER = "danger"
    FINAL = "final"
    READ_WRITE = "read_write"
    OWN_PATH = "own_path"


RISK_WORDS: dict[Risk, str] = {
    Risk.OUTAGE: "a host may be out of reach for a while",
    Risk.DANGER: "a step is marked as dangerous",
    Risk.FINAL: "something is changed that no undo takes back",
    Risk.READ_WRITE: "a volume of the old disk is mounted for writing",
    Risk.OWN_PATH: "the way over which Regroup reaches the host is changed",
}


def risks(plan: Plan, facts: Mapping[str, Json]) -> frozenset[Risk]:
    """All that hold for the plan, made from these facts."""
    steps = plan.steps
    holds = {
        Risk.OUTAGE: any(step.outage or (step.undo and step.undo.outage) for step in steps),
        Risk.DANGER: any(step.danger == HIGH for step in steps),
        Risk.FINAL: any(step.writes and step.command and not step.undo for step in steps),
    }
    return frozenset(risk for risk, there in holds.items() if there) | {Risk(w) for w in risks_of_kind(plan, facts)}
