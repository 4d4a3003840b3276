"""Fast ports that idle. Pure: rows in, values out.

A 10 Gb/s port that stands by for another one costs as much as the one that works; a slower port would stand by as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from networking.bonding.words import speed
from networking.topology import PortRow

FAST_MBPS = 10_000


class Why(StrEnum):
    """Why a port counts as idle."""

    STANDS_BY_FOR_FAST = "stands by for a fast port"
    STANDS_BY_FOR_SLOWER = "stands by for a slower port"
    UNUSED = "in no use"


@dataclass(frozen=True, slots=True)
class IdlePort:
    """A fast port that has a link and does nothing, with the sentence why it counts."""

    port: PortRow
    why: Why
    sentence: str


def idle_ports(rows: Iterable[PortRow]) -> list[IdlePort]:
    """Which of the rows are fast ports that idle, in the order of the rows; those of a bond are all given, or none."""
    listed = list(rows)
    active = {(row.host, row.bond): row for row in listed if row.bond and row.active}
    return [idle for row in listed for idle in _idle(row, active.get((row.host, row.bond)))]


def _idle(row: PortRow, active: PortRow | None) -> Iterator[IdlePort]:
    best = row.nominal_mbps or row.speed_mbps or 0
    if best < FAST_MBPS or not row.up or row.active:
        return
    if not row.bond:
        if not row.used:
            yield IdlePort(
                row, Why.UNUSED, f"{row.nic} has a link at {speed(best)}, no address, and nothing stands on it."
            )
    elif active:
        theirs = active.nominal_mbps or active.speed_mbps
        if theirs and theirs < best:
            sentence = f"{row.nic}, made for {speed(best)}, stands by for {active.nic}, which has {speed(theirs)}."
            yield IdlePort(row, Why.STANDS_BY_FOR_SLOWER, sentence)
        elif theirs and theirs >= FAST_MBPS:
            sentence = (
                f"{row.nic} stands by for {active.nic}, both made for {speed(best)} or more: a 1 Gb/s port would do."
            )
            yield IdlePort(row, Why.STANDS_BY_FOR_FAST, sentence)
