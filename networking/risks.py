"""What only a bond knows of its plan's risks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from changes.plan import Json, Plan


def risks(plan: Plan, facts: Mapping[str, Json]) -> Collection[str]:
    """`own_path` where our own session runs over a port of the plan's target, or where that cannot be told."""
    device = facts.get("network", facts).get("session_device", "")  # a drill asks for more than the network
    return ("own_path",) if not device or device in _names(plan) else ()


def _names(plan: Plan) -> set[str]:
    """The bond, and the interfaces that become its ports, or are."""
    return {str(plan.target.get("bond", "")), *map(str, plan.target.get("ports", {}))}
