"""An asymmetric bond in every state: eth0 is the 10 Gb/s primary, eth1 stands by at 1 Gb/s."""

from __future__ import annotations

from dataclasses import replace

from networking.bonding.health import assess
from networking.bonding.states import Finding, Health, HealthState
from networking.bonding.status import BondStatus, PortStatus

NOMINAL = {"eth0": 10000, "eth1": 1000}
ETH0 = PortStatus("eth0", "up", 10000, "full", 0, "52:54:00:b1:00:01", 0)
ETH1 = PortStatus("eth1", "up", 1000, "full", 0, "52:54:00:b1:00:02", 0)
WELL = BondStatus(
    driver="v6.1.0",
    mode="active-backup",
    primary="eth0",
    primary_reselect="better",
    active="eth0",
    mii_status="up",
    miimon=100,
    updelay=0,
    downdelay=0,
    ports=(ETH0, ETH1),
)


def bond(eth0=None, eth1=None, **changes) -> BondStatus:
    """The bond with some of it otherwise: `bond({"mii_status": "down"}, active="eth1")`."""
    ports = (replace(ETH0, **(eth0 or {})), replace(ETH1, **(eth1 or {})))
    return replace(WELL, **{"ports": ports, **changes})


def health(status: BondStatus, **more) -> Health:
    return assess(status, **{"nominal": NOMINAL, **more})


def finding(health: Health, state: HealthState) -> Finding:
    """The only finding of that state."""
    [found] = [found for found in health.findings if found.state == state]
    return found


def states(health: Health) -> list[HealthState]:
    return [found.state for found in health.findings]
