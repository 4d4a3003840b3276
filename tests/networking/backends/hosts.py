"""A host's network in a few words, for planning on."""

from __future__ import annotations

from networking.bonding.model import Bond
from networking.bonding.status import BondStatus, PortStatus
from networking.facts.values import BondNow, KernelRoute, Managers, NetFile, Network, Nic


def nic(name: str, *addresses: str, **other: object) -> Nic:
    values: dict[str, object] = {
        "index": 2,
        "kind": "nic",
        "address": "52:54:00:a0:01:00",
        "permanent_address": "52:54:00:a0:01:00",
        "driver": "virtio_net",
        "up": True,
        "carrier": True,
        "mtu": 1500,
        "speed_mbps": 10000,
        "nominal_mbps": None,
        "duplex": "full",
        "master": "",
        "uppers": (),
    }
    return Nic(name=name, addresses=addresses, **{**values, **other})  # type: ignore[arg-type]


def network(
    *nics: Nic,
    bonds: tuple[BondNow, ...] = (),
    routes: tuple[KernelRoute, ...] = (),
    files: dict[str, str] | None = None,
    active: dict[str, str] | None = None,
    tools: tuple[str, ...] = (),
) -> Network:
    return Network(
        machine_id="0f" * 16,
        boot_id="b007",
        hostname="app01",
        kernel="6.1.0",
        nics=nics,
        bonds=bonds,
        routes=routes,
        dns=(),
        managers=Managers(active or {}, tools),
        files=tuple(NetFile(path, text) for path, text in (files or {}).items()),
        session_device="eth0",
        session_peer="10.0.2.2",
    )


def running(bond: Bond) -> BondNow:
    """The bond as the kernel would tell it."""
    options = bond.options
    status = BondStatus(
        "v6.1.0",
        options.mode,
        primary=options.primary or None,
        miimon=options.miimon,
        ports=tuple(PortStatus(port.name, permanent_address=port.permanent_address or None) for port in bond.ports),
    )
    sysfs = {
        "mode": f"{options.mode} 1",
        "miimon": str(options.miimon),
        "primary": options.primary,
        "primary_reselect": f"{options.primary_reselect} 1",
        "updelay": str(options.updelay),
        "fail_over_mac": f"{options.fail_over_mac} 0",
    }
    return BondNow(bond.name, status, sysfs, "")


def host_with(bond: Bond) -> Network:
    """A host on which the bond runs as it is meant to."""
    return network(
        nic(bond.name, *bond.addressing.addresses, kind="bond", mtu=bond.mtu or 1500),
        *(nic(port.name, master=bond.name) for port in bond.ports),
        bonds=(running(bond),),
        routes=tuple(KernelRoute("default", via, bond.name, "static", 0) for via in bond.addressing.gateways),
    )
