"""Fast ports that idle, and what they cost. Pure: rows in, values out.

A 10 Gb/s port that stands by for another one costs as much as the one that works; a slower port would stand by as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from networking.bonding.words import speed
from networking.topology import PortRow, natural

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


@dataclass(frozen=True, slots=True)
class SiteSum:
    """Idle ports of one site; `price` is None where no price per port is set."""

    site: str
    ports: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class IdlePorts:
    """Every idle port, by site, host and name; the sums by site, and in all."""

    ports: tuple[IdlePort, ...]
    sites: tuple[SiteSum, ...]
    price: Decimal | None

    def __len__(self) -> int:
        return len(self.ports)


def idle_ports(rows: Iterable[PortRow], price_per_port: Decimal | None = None) -> IdlePorts:
    """Which of the rows are fast ports that idle. The price is that of one switch port with its cable and transceiver,
    in whatever currency the caller shows.
    """
    listed = list(rows)
    active = {(row.host, row.bond): row for row in listed if row.bond and row.active}
    found = [idle for row in listed for idle in _idle(row, active.get((row.host, row.bond)))]
    found.sort(key=lambda idle: (natural(idle.port.site), natural(idle.port.host), natural(idle.port.nic)))
    counts: dict[str, int] = {}
    for idle in found:
        counts[idle.port.site] = counts.get(idle.port.site, 0) + 1
    sites = tuple(SiteSum(site, count, _times(price_per_port, count)) for site, count in counts.items())
    return IdlePorts(tuple(found), sites, _times(price_per_port, len(found)))


def _times(price: Decimal | None, count: int) -> Decimal | None:
    return None if price is None else price * count


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
