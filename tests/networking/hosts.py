"""Hosts in a few words, for tests of what is pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from networking.facts.values import KernelRoute, Managers, Network, Nic

NUMBERS = {"lo": 1, "eth0": 2, "eth1": 3, "eth2": 4}


def nic(name: str, **values: Any) -> Nic:
    """A 10 Gb/s port called eth0, or a slower one of another name, up and with link."""
    number = NUMBERS.get(name, 9)
    speed = 10000 if name == "eth0" else 1000
    plain = Nic(
        name=name,
        index=number,
        kind="nic",
        address=f"52:54:00:a0:01:{number:02x}",
        permanent_address=f"52:54:00:a0:01:{number:02x}",
        driver="ixgbe",
        up=True,
        carrier=True,
        mtu=1500,
        speed_mbps=speed,
        nominal_mbps=speed,
        duplex="full",
        master="",
        uppers=(),
        addresses=(),
    )
    return replace(plain, **values)


def network(**values: Any) -> Network:
    """A host with a plain eth0 that carries its address and the session, and a spare eth1."""
    plain = Network(
        machine_id="0123456789abcdef0123456789abcdef",
        boot_id="boot",
        hostname="web01",
        kernel="6.1.0",
        nics=(nic("eth0", addresses=("10.0.2.15/24",)), nic("eth1")),
        bonds=(),
        routes=(KernelRoute("default", "10.0.2.2", "eth0", "static", 0),),
        dns=("10.0.2.3",),
        managers=Managers({"ifupdown": "networking.service is active"}, ("systemd-run", "setsid", "ip")),
        files=(),
        session_device="eth0",
        session_peer="10.0.2.2",
    )
    return replace(plain, **values)
