"""What only a recovery knows of its plan's risks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from changes.plan import Json, Plan


def risks(plan: Plan, facts: Mapping[str, Json]) -> Collection[str]:
    """`read_write` where a volume of the old disk is mounted for writing."""
    writes = any(check.args.get("mode") == "rw" for step in plan.steps for check in step.verify)
    return ("read_write",) if writes else ()
