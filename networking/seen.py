"""From a host's answer to what is kept of it, and what is other than before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from networking.bonding.model import ACTIVE_BACKUP
from networking.bonding.states import Health
from networking.bonding.status import BondStatus, PortStatus
from networking.facts.nics import keep_nominal
from networking.facts.values import BondNow, Nic

PHYSICAL = "nic"
TOLD = ("state", "active", "active_mbps", "primary", "primary_reselect", "mode", "miimon")
"""Fields of a bond whose change is worth a row of history; its ports' links are told beside them."""


class Answer(Protocol):
    """What the sweep reads of a host's answer: `facts.values.Network` has it, and so has the smaller answer."""

    @property
    def boot_id(self) -> str: ...

    @property
    def nics(self) -> tuple[Nic, ...]: ...

    @property
    def bonds(self) -> tuple[BondNow, ...]: ...


@dataclass(frozen=True, slots=True)
class PortSeen:
    """A port of a bond: what the kernel says of it, and what stands at the other end. Speeds in Mb/s.

    failures  the kernel's count, which begins anew when the port is enslaved again
    new       link failures of the last day
    """

    name: str
    permanent_address: str = ""
    mii_status: str = ""
    speed_mbps: int | None = None
    nominal_mbps: int | None = None
    failures: int = 0
    active: bool = False
    primary: bool = False
    switch: str = ""
    switch_port: str = ""
    new: int = 0

    @property
    def up(self) -> bool:
        return self.mii_status in ("up", "going down")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def port_of(row: Mapping[str, Any]) -> PortSeen:
    """What `to_json` made."""
    return PortSeen(**row)


def key_of(nic: Nic) -> str:
    """What a NIC is known by: its permanent address, which names and bonds do not change."""
    return nic.permanent_address or nic.name


def with_nominal(nics: Iterable[Nic], known: Mapping[str, int | None]) -> tuple[Nic, ...]:
    """The NICs, each with the nominal speed to keep of it: its driver's word, else the largest seen now or before."""
    return tuple(replace(nic, nominal_mbps=keep_nominal(known.get(key_of(nic)), nic)) for nic in nics)


def ports_seen(bond: BondNow, nics: Mapping[str, Nic], new: Mapping[str, int]) -> tuple[PortSeen, ...]:
    """The bond's ports in the kernel's order. `new` are the failures of the last day by port."""
    ports = []
    for port in bond.status.ports:
        nic = nics.get(port.name)
        neighbour = nic.neighbour if nic else None
        ports.append(
            PortSeen(
                name=port.name,
                permanent_address=port.permanent_address or (nic.permanent_address if nic else ""),
                mii_status=port.mii_status,
                speed_mbps=port.speed_mbps,
                nominal_mbps=nic.nominal_mbps if nic else port.speed_mbps,
                failures=port.link_failure_count or 0,
                active=_carries(port, bond.status),
                primary=port.name == bond.status.primary,
                switch=neighbour.switch if neighbour else "",
                switch_port=neighbour.port if neighbour else "",
                new=new.get(port.name, 0),
            )
        )
    return tuple(ports)


def _carries(port: PortStatus, status: BondStatus) -> bool:
    """The active port; in modes that know none, every port with a link."""
    if status.mode in (ACTIVE_BACKUP, "") or status.active:
        return port.name == status.active
    return port.mii_status == "up"


def fresh_failures(before: Iterable[PortSeen], bond: BondNow, rebooted: bool = False) -> dict[str, int]:
    """Link failures since the bond was last seen, by port, where there are any.

    The kernel counts from the moment a port is enslaved: a count that fell, a port that is new, and a host that
    rebooted begin at 0 again, so all that it counts now is new.
    """
    counted = {port.name: port.failures for port in before}
    fresh = {}
    for port in bond.status.ports:
        now, then = port.link_failure_count or 0, 0 if rebooted else counted.get(port.name, 0)
        fresh[port.name] = now - then if now >= then else now
    return {name: count for name, count in fresh.items() if count}


def addresses_of(bond: str, nics: Mapping[str, Nic]) -> list[str]:
    """Addresses on the bond and on what stands on it: VLANs, bridges."""
    found, todo = list[str](), [bond]
    for name in todo:
        nic = nics.get(name)
        if nic:
            found += nic.addresses
            todo += [upper for upper in nic.uppers if upper not in todo]
    return found


def bond_fields(bond: BondNow, ports: tuple[PortSeen, ...], health: Health, addresses: list[str]) -> dict[str, Any]:
    """Columns of `models.Bond`, but for times and sums."""
    status = bond.status
    active = next((port for port in ports if port.active), None)
    return {
        "mode": status.mode[:20],
        "primary": status.primary or "",
        "primary_reselect": status.primary_reselect or bond.options.get("primary_reselect", "").split(" ")[0],
        "miimon": status.miimon,
        "active": status.active or "",
        "active_mbps": active.speed_mbps if active else None,
        "active_nominal_mbps": active.nominal_mbps if active else None,
        "state": health.state.value,
        "sentence": health.sentence,
        "evidence": list(health.evidence),
        "findings": [
            {"state": one.state.value, "sentence": one.sentence, "evidence": list(one.evidence)}
            for one in health.findings
        ],
        "ports": [port.to_json() for port in ports],
        "addresses": addresses,
        "one_switch": _one_switch(ports),
    }


def _one_switch(ports: tuple[PortSeen, ...]) -> str:
    """The switch that all of several ports hang on; empty where they do not, or nobody knows."""
    switches = {port.switch for port in ports}
    return switches.pop()[:120] if len(ports) > 1 and len(switches) == 1 else ""


def what_moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{field: [before, after]} of what history tells: state, active port, options, and each port's link and speed."""
    moved = {name: [before[name], after[name]] for name in TOLD if before[name] != after[name]}
    then, now = ({port["name"]: port for port in side["ports"]} for side in (before, after))
    for name in dict.fromkeys([*then, *now]):
        was, is_now = _link(then.get(name)), _link(now.get(name))
        if was != is_now:
            moved[f"port {name}"] = [was, is_now]
    return moved


def _link(port: Mapping[str, Any] | None) -> str:
    """`up at 10000 Mb/s`; empty where there is no such port."""
    if port is None:
        return ""
    speed = f"{port['speed_mbps']} Mb/s" if port["speed_mbps"] else "unknown speed"
    return f"{port['mii_status']} at {speed}" if port["mii_status"] == "up" else port["mii_status"]
