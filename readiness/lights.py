"""How a check, and a whole host, stands: red, amber, green, and unknown, which is shown apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from changes.states import Label


class Light(StrEnum):
    """red: it would not come back, as far as can be told; amber: doubtful, or slow; unknown: nobody can tell."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    UNKNOWN = "unknown"


WORST_FIRST = (Light.RED, Light.AMBER, Light.UNKNOWN, Light.GREEN)
"""Order of lists: what nobody can tell stands before what is well."""

LABELS = {
    Light.RED: Label("✗", "would not boot", "bad"),
    Light.AMBER: Label("▲", "doubtful", "warn"),
    Light.GREEN: Label("✓", "nothing found", "ok"),
    Light.UNKNOWN: Label("?", "not known", "neutral"),
}
"""Of a host."""

CHECK_LABELS = {
    Light.RED: Label("✗", "red", "bad"),
    Light.AMBER: Label("▲", "amber", "warn"),
    Light.GREEN: Label("✓", "green", "ok"),
    Light.UNKNOWN: Label("?", "unknown", "neutral"),
}
"""Of one check."""


def worst(lights: Iterable[Light]) -> Light:
    """The worst of what is known; unknown only where nothing is."""
    found = set(lights)
    return next((light for light in (Light.RED, Light.AMBER, Light.GREEN) if light in found), Light.UNKNOWN)


def rank(light: Light) -> int:
    return WORST_FIRST.index(light)
