"""Which host a reboot would hurt most, with the fewest people to know of it: a product of five factors. Pure.

not rebooted for long × not known to come back × not proven × nobody's × critical. Only a clone that came up proves a
boot, and not for ever. A backup lessens nothing: that of a machine that cannot boot cannot boot either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from changes.states import Label
from inventory.ownership import WEIGHTS as CRITICALITY_WEIGHTS
from inventory.states import Criticality
from readiness.lights import LABELS, Light


class Up(StrEnum):
    """For how long it has not been booted, the longest first; unknown counts as a quarter of a year."""

    YEAR = "year"
    HALF = "half-year"
    QUARTER = "quarter"
    MONTH = "month"
    UNKNOWN = "unknown"
    DAYS = "days"


class Verdict(StrEnum):
    """What readiness says now. stale: nothing spoke against a boot, but that was long ago."""

    RED = "red"
    AMBER = "amber"
    STALE = "stale"
    UNKNOWN = "unknown"
    GREEN = "green"


class Proven(StrEnum):
    """Whether a clone of it came up when it was last tried. old: it did, but that was long ago."""

    FAILED = "failed"
    NEVER = "never"
    OLD = "old"
    RECENTLY = "recently"


class Owned(StrEnum):
    NOBODY = "nobody"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"


PROVEN_DAYS = 90
"""For so long a boot that was proven counts."""

DAYS = {Up.YEAR: 365, Up.HALF: 180, Up.QUARTER: 90, Up.MONTH: 30}
"""From how many days on, the longest first."""

UP_WEIGHTS = {Up.YEAR: 10, Up.HALF: 8, Up.QUARTER: 4, Up.UNKNOWN: 4, Up.MONTH: 2, Up.DAYS: 1}
VERDICT_WEIGHTS = {Verdict.RED: 8, Verdict.AMBER: 4, Verdict.STALE: 3, Verdict.UNKNOWN: 3, Verdict.GREEN: 1}
PROVEN_WEIGHTS = {Proven.FAILED: 4, Proven.NEVER: 2, Proven.OLD: 2, Proven.RECENTLY: 1}
OWNED_WEIGHTS = {Owned.NOBODY: 4, Owned.UNCONFIRMED: 2, Owned.CONFIRMED: 1}

UP_WORDS = {
    **{up: f"not rebooted for {days} days or more" for up, days in DAYS.items()},
    Up.UNKNOWN: "last boot not known",
    Up.DAYS: "rebooted within 30 days",
}
VERDICT_LABELS = {
    Verdict.RED: LABELS[Light.RED],
    Verdict.AMBER: LABELS[Light.AMBER],
    Verdict.STALE: Label("◔", "looked at long ago", "wait"),
    Verdict.UNKNOWN: LABELS[Light.UNKNOWN],
    Verdict.GREEN: LABELS[Light.GREEN],
}
VERDICT_REASONS = {
    Verdict.RED: "it would not boot, as far as can be told",
    Verdict.AMBER: "it is doubtful whether it would boot",
    Verdict.STALE: "whether it would boot was looked at long ago",
    Verdict.UNKNOWN: "whether it would boot is not known",
}
PROVEN_REASONS = {
    Proven.FAILED: "its clone did not come up",
    Proven.NEVER: "no boot of a clone ever proved it",
    Proven.OLD: f"no boot of a clone proved it within {PROVEN_DAYS} days",
}
PROVEN_WORDS = {
    Proven.FAILED: "its clone did not come up",
    Proven.NEVER: "never proven",
    Proven.OLD: f"proven more than {PROVEN_DAYS} days ago",
    Proven.RECENTLY: f"proven within {PROVEN_DAYS} days",
}
OWNED_WORDS = {Owned.NOBODY: "nobody’s", Owned.UNCONFIRMED: "owner not confirmed", Owned.CONFIRMED: "owner confirmed"}


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a host. days: since its last boot, None where nobody can tell; stale: the light is an old one;
    confirmed: its owner has said "still mine" within the period; failed: its clone did not come up when last tried;
    proven: days since one did, None where none ever did."""

    days: float | None
    light: Light
    stale: bool
    owner: bool
    confirmed: bool
    criticality: Criticality
    failed: bool = False
    proven: float | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """A host's place in each factor, and what they come to."""

    up: Up
    verdict: Verdict
    owned: Owned
    criticality: Criticality
    proven: Proven = Proven.NEVER

    @property
    def score(self) -> int:
        return (
            UP_WEIGHTS[self.up]
            * VERDICT_WEIGHTS[self.verdict]
            * PROVEN_WEIGHTS[self.proven]
            * OWNED_WEIGHTS[self.owned]
            * CRITICALITY_WEIGHTS[self.criticality]
        )

    @property
    def rank(self) -> int:
        """How far it is from the worst that there is, which is 0."""
        return MOST - self.score


MOST = (
    max(UP_WEIGHTS.values())
    * max(VERDICT_WEIGHTS.values())
    * max(PROVEN_WEIGHTS.values())
    * max(OWNED_WEIGHTS.values())
    * max(CRITICALITY_WEIGHTS.values())
)


def risk_of(told: Told) -> Risk:
    return Risk(up_of(told.days), _verdict(told.light, told.stale), _owned(told), told.criticality, _proven(told))


def up_of(days: float | None) -> Up:
    if days is None:
        return Up.UNKNOWN
    return next((up for up, least in DAYS.items() if days >= least), Up.DAYS)


def at_least(up: Up) -> list[Up]:
    """Those who were not rebooted for as long or longer; of `unknown` and `days`, these alone."""
    return [longer for longer, days in DAYS.items() if days >= DAYS[up]] if up in DAYS else [up]


def reasons(risk: Risk, days: float | None) -> list[str]:
    """What makes it bad, a few words each; nothing of a factor that is well."""
    found = []
    if risk.up is Up.UNKNOWN:
        found.append("nobody knows when it was last booted")
    elif risk.up is not Up.DAYS:
        found.append(f"not rebooted for {int(days or 0):,} days")
    if risk.verdict in VERDICT_REASONS:
        found.append(VERDICT_REASONS[risk.verdict])
    if risk.proven is not Proven.RECENTLY:
        found.append(PROVEN_REASONS[risk.proven])
    if risk.owned is Owned.NOBODY:
        found.append("nobody answers for it")
    elif risk.owned is Owned.UNCONFIRMED:
        found.append("its owner is not confirmed")
    if risk.criticality in (Criticality.HIGH, Criticality.CRITICAL):
        found.append(f"its criticality is {risk.criticality}")
    return found


def _verdict(light: Light, stale: bool) -> Verdict:
    """What was red or doubtful long ago is so until somebody looks again."""
    if stale and light not in (Light.RED, Light.AMBER):
        return Verdict.STALE
    return Verdict(light.value)


def _proven(told: Told) -> Proven:
    if told.failed:
        return Proven.FAILED
    if told.proven is None:
        return Proven.NEVER
    return Proven.RECENTLY if told.proven <= PROVEN_DAYS else Proven.OLD


def _owned(told: Told) -> Owned:
    if not told.owner:
        return Owned.NOBODY
    return Owned.CONFIRMED if told.confirmed else Owned.UNCONFIRMED
