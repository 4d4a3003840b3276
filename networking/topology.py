"""Which ports hang on which switches, and what happens if one of these dies. Pure: rows in, values out.

Switches are known by LLDP. Ports that hear nobody are listed apart; where a bond's survival hangs on such a port,
that is said, since it may be on the same switch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from networking.bonding.words import speed


@dataclass(frozen=True, slots=True)
class PortRow:
    """A physical port of a host. Speeds in Mb/s; empty text and None for what is not known.

    bond    the bond that it is a port of
    active  its bond's traffic runs over it: one port of an active-backup bond, every port of others
    up      it has a link
    used    outside a bond: it has addresses, or something stands on it
    """

    host: str
    nic: str
    site: str = ""
    rack: str = ""
    bond: str = ""
    active: bool = False
    up: bool = True
    used: bool = False
    speed_mbps: int | None = None
    nominal_mbps: int | None = None
    switch: str = ""
    switch_port: str = ""

    @property
    def matters(self) -> bool:
        return bool(self.bond) or self.used


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch: its ports in order, the hosts under them, and the racks (site, rack) that these stand in."""

    name: str
    ports: tuple[PortRow, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.host for row in self.ports))

    @property
    def racks(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted({(row.site, row.rack) for row in self.ports}))


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything that the rows tell.

    switches    by name, in the order that people count in
    silent      ports in use, with a link, that hear no neighbour
    one_switch  (host, bond, switch) of bonds whose ports all hang on one switch
    """

    switches: tuple[Switch, ...] = ()
    silent: tuple[PortRow, ...] = ()
    one_switch: tuple[tuple[str, str, str], ...] = ()
    members: Mapping[tuple[str, str], tuple[PortRow, ...]] = field(default_factory=dict)

    def switch(self, name: str) -> Switch | None:
        return next((switch for switch in self.switches if switch.name == name), None)


@dataclass(frozen=True, slots=True)
class Effect:
    """What the death of a switch does to a bond, or to a single port that is in use. `bond` is empty for the latter.

    certain  False where it hangs on a port that may be on the same switch, for all that LLDP tells
    """

    host: str
    bond: str
    port: PortRow
    sentence: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Impact:
    """What the death of a switch does: hosts cut off, bonds that fail over, bonds that lose what stands by."""

    goes_dark: tuple[Effect, ...] = ()
    fails_over: tuple[Effect, ...] = ()
    loses_standby: tuple[Effect, ...] = ()


def topology(rows: Iterable[PortRow]) -> Topology:
    by_switch: dict[str, list[PortRow]] = {}
    members: dict[tuple[str, str], list[PortRow]] = {}
    silent = []
    for row in rows:
        if row.bond:
            members.setdefault((row.host, row.bond), []).append(row)
        if row.switch:
            by_switch.setdefault(row.switch, []).append(row)
        elif row.matters and row.up:
            silent.append(row)
    names = sorted(by_switch, key=natural)
    bonds = {key: tuple(ports) for key, ports in members.items()}
    return Topology(
        switches=tuple(Switch(name, tuple(sorted(by_switch[name], key=_place))) for name in names),
        silent=tuple(sorted(silent, key=lambda row: (natural(row.host), natural(row.nic)))),
        one_switch=tuple(sorted(_on_one_switch(bonds), key=lambda found: (natural(found[0]), natural(found[1])))),
        members=bonds,
    )


def impact(found: Topology, name: str) -> Impact:
    """What would happen if the switch died now; nothing for a switch that is not known."""
    switch, dark, over, lost = found.switch(name), list[Effect](), list[Effect](), list[Effect]()
    seen: set[tuple[str, str]] = set()
    for row in switch.ports if switch else ():
        key = (row.host, row.bond)
        if not row.bond and row.used and row.up:
            dark.append(Effect(row.host, "", row, f"{row.nic} of {row.host} is in no bond and loses its link."))
        elif row.bond and key not in seen:
            seen.add(key)
            _bond_loses(found.members[key], name, dark, over, lost)
    return Impact(*(tuple(sorted(effects, key=_certain_first)) for effects in (dark, over, lost)))


def _bond_loses(
    ports: tuple[PortRow, ...], switch: str, dark: list[Effect], over: list[Effect], lost: list[Effect]
) -> None:
    cut = [row for row in ports if row.switch == switch and row.up]
    left = [row for row in ports if row.switch != switch and row.up]
    if not cut:
        return
    known = [row for row in left if row.switch]
    first = next((row for row in cut if row.active), cut[0])
    host, bond = first.host, first.bond
    if not left:
        dark.append(Effect(host, bond, first, f"{bond} of {host} has no other port that is up: it is cut off."))
        return
    heir = next((row for row in left if row.active), (known or left)[0])
    perhaps = "" if known else f" LLDP does not tell whether {heir.nic} is on this switch too."
    if first.active and not heir.active:
        sentence = f"{bond} of {host} fails over from {first.nic} to {heir.nic}, at {speed(heir.speed_mbps)}.{perhaps}"
        over.append(Effect(host, bond, heir, sentence, bool(known)))
    else:
        sentence = f"{bond} of {host} stays on {heir.nic} and loses {first.nic}, which stands by.{perhaps}"
        lost.append(Effect(host, bond, first, sentence, bool(known)))


def _on_one_switch(bonds: Mapping[tuple[str, str], tuple[PortRow, ...]]) -> Iterator[tuple[str, str, str]]:
    for (host, bond), ports in bonds.items():
        switches = {row.switch for row in ports}
        if len(ports) > 1 and len(switches) == 1 and "" not in switches:
            yield host, bond, ports[0].switch


def _certain_first(effect: Effect) -> tuple[object, ...]:
    return not effect.certain, natural(effect.host), natural(effect.bond)


def _place(row: PortRow) -> tuple[object, ...]:
    return natural(row.switch_port), natural(row.host), natural(row.nic)


def natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts as people count: swp2 before swp10, Te1/0/9 before Te1/0/10."""
    words = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(word)) if word.isascii() and word.isdigit() else (1, word) for word in words)
