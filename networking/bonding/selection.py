"""Which port the kernel makes active: its own rule, to foresee what a change does to the traffic.

bond_choose_primary_or_current and bond_find_best_slave of drivers/net/bonding/bond_main.c; tests/lab has both compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from networking.bonding.model import ALWAYS, BETTER
from networking.bonding.status import BondStatus

UNKNOWN = 2**32 - 1
"""An unknown speed is -1 to the kernel, compared without a sign: faster than everything."""

DUPLEX = {"half": 0, "full": 1}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A port in the order in which it was enslaved; speed in Mb/s, None for unknown."""

    name: str
    up: bool
    speed_mbps: int | None = None
    duplex: str | None = None

    def rank(self) -> tuple[int, int]:
        return self.speed_mbps or UNKNOWN, DUPLEX.get(self.duplex or "", 255)


def candidates(status: BondStatus) -> tuple[Candidate, ...]:
    return tuple(Candidate(port.name, port.mii_status == "up", port.speed_mbps, port.duplex) for port in status.ports)


def choose(
    ports: Sequence[Candidate],
    active: str | None,
    primary: str | None,
    policy: str,
    *,
    forced: bool = False,
    ranks_ports: bool = True,
) -> str | None:
    """Name of the port that carries the traffic after a selection; None if none is up.

    forced       `primary` was just written, or its port enslaved: it wins whatever the policy
    ranks_ports  Linux 6.0 and newer: without a primary that is up, the first port of the highest `prio` stands in for
                 it, so that `always` moves traffic to the first port; older ones keep the active one
    """
    up = {port.name: port for port in ports if port.up}
    current, favourite = up.get(active or ""), up.get(primary or "")
    if favourite and forced:
        return favourite.name
    if not favourite and ranks_ports:
        favourite = next(iter(up.values()), None)
    if not current or not favourite:
        return (current or favourite or next(iter(up.values()), _NOBODY)).name or None
    if policy == ALWAYS or (policy == BETTER and favourite.rank() > current.rank()):
        return favourite.name
    return current.name


_NOBODY = Candidate("", False)
