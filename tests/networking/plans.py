"""A bond asked for and planned, on hosts of a few words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from changes.plan import Plan, Refusal
from networking.bonding.status import BondStatus, PortStatus
from networking.facts.values import BondNow, Managers, NetFile, Network
from networking.planner import plan
from tests.networking.hosts import network, nic

ETH0 = "[Match]\nName=eth0\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nDNS=10.0.2.3\n"
NETWORKD = Managers(
    {"networkd": "systemd-networkd is active"}, ("ip", "systemctl", "systemd-run", "setsid", "at", "ethtool")
)


def host(**values: Any) -> Network:
    """Managed by networkd: eth0, 1 Gb/s, has the address and our session; eth1, 10 Gb/s, is spare."""
    plain = network(
        nics=(
            nic("eth0", addresses=("10.0.2.15/24",), speed_mbps=1000, nominal_mbps=1000),
            nic("eth1", speed_mbps=10000, nominal_mbps=10000),
        ),
        managers=NETWORKD,
        files=(NetFile("/etc/systemd/network/10-eth0.network", ETH0),),
    )
    return replace(plain, **values)


def asked(**values: Any) -> dict[str, Any]:
    options = {"primary": "eth1", "primary_reselect": "better", "miimon": 100, **values.pop("options", {})}
    return {"host": "web01", "name": "bond0", "ports": ["eth0", "eth1"], "options": options, **values}


def planned(on: Network | None = None, **values: Any) -> Plan:
    made = plan(asked(**values), (on or host()).to_json())
    assert isinstance(made, Plan), made
    return made


def refused(on: Network | None = None, **values: Any) -> str:
    made = plan(asked(**values), (on or host()).to_json())
    assert isinstance(made, Refusal), made.title
    return " ".join(made.reasons)


def bonded(**options: str) -> Network:
    """The same host once bond0 runs there as `planned()` makes it."""
    first = planned()
    files = tuple(NetFile(path, text) for path, text in first.settings["files_after"].items() if text is not None)
    running = {"mode": "active-backup", "miimon": "100", "primary": "eth1", "primary_reselect": "better"}
    running |= {"updelay": "0", "downdelay": "0", "fail_over_mac": "none", "active_slave": "eth1"} | options
    ports = (PortStatus("eth1", "up", 10000, "full"), PortStatus("eth0", "up", 1000, "full"))
    status = BondStatus(
        "v6.1", "active-backup", primary="eth1", active="eth1", mii_status="up", miimon=100, ports=ports
    )
    plain = host()
    nics = tuple(replace(each, addresses=(), master="bond0", uppers=("bond0",)) for each in plain.nics)
    return replace(
        plain,
        nics=(*nics, nic("bond0", kind="bond", addresses=("10.0.2.15/24",), permanent_address="")),
        bonds=(BondNow("bond0", status, running, ""),),
        routes=tuple(replace(route, device="bond0") for route in plain.routes),
        files=files,
        session_device="bond0",
    )
