"""What the last boot of a host's clone, and of its backup, says of its next one. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from readiness.judges.finding import Check, Finding, Point, amber, found, green, red, unknown
from readiness.proof.outcome import Outcome

KEY = "proof"


@dataclass(frozen=True, slots=True)
class Tried:
    """A boot that was tried: what came of it, when, in which change, and its sentence."""

    outcome: Outcome
    at: datetime
    number: int
    sentence: str

    @property
    def evidence(self) -> str:
        return f"change #{self.number}, {self.at:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Proven:
    """The last tries of the host itself and of a backup of it, and since when the host is up."""

    itself: Tried | None
    backup: Tried | None
    up_since: datetime


def judge(known: Proven) -> Iterator[Point]:
    """Nothing where nothing was tried."""
    if known.itself:
        yield _itself(known.itself, known.up_since)
    if known.backup:
        yield _backup(known.backup)


def _itself(tried: Tried, up_since: datetime) -> Point:
    if tried.outcome is Outcome.UP:
        return green(tried.sentence, tried.evidence)
    if up_since > tried.at:
        return green("It has itself booted since its clone was tried last.", tried.evidence)
    if tried.outcome is Outcome.DOWN:
        todo = "Read the console in the change, mend the cause while the host still runs, and prove it again."
        return red(tried.sentence, tried.evidence, todo=todo)
    return unknown(tried.sentence, tried.evidence)


def _backup(tried: Tried) -> Point:
    if tried.outcome is Outcome.UP:
        return green(tried.sentence, tried.evidence)
    if tried.outcome is Outcome.DOWN:
        return amber(tried.sentence, tried.evidence, todo="Make another one, and try whether that boots.")
    return unknown(tried.sentence, tried.evidence)


CHECK = Check(
    KEY,
    "Boot of a clone",
    "Only a boot proves a boot: a clone of it was started without network, watched, and thrown away.",
    judge,
)


def finding_of(known: Proven) -> tuple[Finding, ...]:
    """One, or none where nothing was ever tried."""
    return (found(CHECK, known),) if known.itself or known.backup else ()
