"""How well a bond is: the states, worst first, and how each looks. `bonding.health` decides which one it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from changes.states import Label


class HealthState(StrEnum):
    """Worst first; a bond shows the worst that holds."""

    DOWN = "down"
    NO_MONITOR = "no-monitor"
    DEGRADED_IN_PLACE = "degraded-in-place"
    HELD = "held"
    FAILED_OVER = "failed-over"
    NO_REDUNDANCY = "no-redundancy"
    SPEED_UNKNOWN = "speed-unknown"
    MISCONFIGURED = "misconfigured"
    DRIFT = "drift"
    FLAPPING = "flapping"
    STALE = "stale"
    OK = "ok"


WORST_FIRST = tuple(HealthState)

HEALTH_LABELS: dict[HealthState, Label] = {
    HealthState.DOWN: Label("✖", "down", "bad"),
    HealthState.NO_MONITOR: Label("⊘", "not monitored", "bad"),
    HealthState.DEGRADED_IN_PLACE: Label("▽", "degraded in place", "bad"),
    HealthState.HELD: Label("⇤", "held on the slower port", "warn"),
    HealthState.FAILED_OVER: Label("⇄", "failed over", "warn"),
    HealthState.NO_REDUNDANCY: Label("╱", "no redundancy", "warn"),
    HealthState.SPEED_UNKNOWN: Label("?", "speed unknown", "warn"),
    HealthState.MISCONFIGURED: Label("≠", "misconfigured", "warn"),
    HealthState.DRIFT: Label("≁", "drift", "warn"),
    HealthState.FLAPPING: Label("∿", "flapping", "warn"),
    HealthState.STALE: Label("◌", "stale", "neutral"),
    HealthState.OK: Label("✔", "ok", "ok"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that holds: its state, a sentence with what is wrong and what to do, and what it was seen by."""

    state: HealthState
    sentence: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """What a bond's page shows: the worst finding first; at least one, which is OK where nothing is wrong."""

    findings: tuple[Finding, ...] = field(default_factory=tuple)

    @property
    def state(self) -> HealthState:
        return self.findings[0].state

    @property
    def sentence(self) -> str:
        return self.findings[0].sentence

    @property
    def evidence(self) -> tuple[str, ...]:
        return self.findings[0].evidence
