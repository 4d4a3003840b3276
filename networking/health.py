"""How well a bond is, from what the sweep knows of its host. The judgement itself is `bonding.health`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from networking.bonding.health import assess
from networking.bonding.states import Health
from networking.facts.values import BondNow, Nic


def health_of(bond: BondNow, nics: Mapping[str, Nic], failures: Mapping[str, int], drift: Sequence[str] = ()) -> Health:
    """The findings about a bond.

    nics      by name, with the nominal speed that is known
    failures  of the last hour
    drift     sentences in which files and kernel differ
    """
    ports = {port.name: nics[port.name] for port in bond.status.ports if port.name in nics}
    return assess(
        bond.status,
        nominal={name: nic.nominal_mbps for name, nic in ports.items()},
        options=bond.options,
        drift=drift,
        failures_window=failures,
        switches={name: nic.neighbour.switch for name, nic in ports.items() if nic.neighbour},
        speeds={name: nic.speed_mbps for name, nic in ports.items()},
    )


def stale_sentence(seen: datetime | None, error: str) -> str:
    """Why a bond's state is no longer trusted. The page says when it was last seen."""
    why = f" {error}" if error else ""
    return f"The host has not answered for long, so this may no longer hold.{why} Mend the way to it, then ask again."
