"""The simulated hosts: sites, racks, switches, ports and bonds, all out of a seed. Pure."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

SITES = ("fra", "ams", "ber", "osl")
HOSTS_IN_A_RACK = 20
NETWORK = "127.77"
"""Addresses of the simulated hosts: all of 127/8 is loopback on Linux."""

MODES = {"active-backup": "fault-tolerance (active-backup)", "balance-rr": "load balancing (round-robin)"}
USUAL = 78
"""Of 100 hosts so many are well; each of the rest has a fault of its own."""


@dataclass(frozen=True, slots=True)
class Port:
    """A NIC. Speeds in Mb/s; speed None is unknown. `modes`: whether its driver names the speeds it supports."""

    name: str
    mac: str
    driver: str
    nominal: int
    speed: int | None
    carrier: bool = True
    failures: int = 0
    switch: str = ""
    switch_port: str = ""
    modes: bool = True


@dataclass(frozen=True, slots=True)
class SimBond:
    """A bond of the ports named; `primary` and `active` may be empty. `filed`: the policy that its file has instead."""

    name: str
    ports: tuple[str, ...]
    primary: str
    active: str
    reselect: str = "better"
    miimon: int = 100
    mode: str = "active-backup"
    vlan: int = 0
    filed: str = ""


@dataclass(frozen=True, slots=True)
class SimHost:
    """A host; `fault` is what the seed gave it, `silent` hosts take connections and say nothing, `off` ones neither."""

    number: int
    name: str
    site: str
    rack: str
    ports: tuple[Port, ...]
    bonds: tuple[SimBond, ...]
    fault: str = ""
    boot: str = ""
    silent: bool = False
    off: bool = False
    lldp: bool = True

    @property
    def address(self) -> str:
        return f"{NETWORK}.{self.number // 250}.{self.number % 250 + 1}"

    def port(self, name: str) -> Port:
        return next(port for port in self.ports if port.name == name)

    def with_port(self, name: str, /, **changes: object) -> SimHost:
        ports = (replace(port, **changes) if port.name == name else port for port in self.ports)  # type: ignore[arg-type]
        return replace(self, ports=tuple(ports))

    def with_bond(self, **changes: object) -> SimHost:
        return replace(self, bonds=(replace(self.bonds[0], **changes), *self.bonds[1:]))  # type: ignore[arg-type]


Fault = Callable[[SimHost, random.Random], SimHost]


def dead_primary(host: SimHost, chance: random.Random) -> SimHost:
    slow = host.bonds[0].ports[1]
    broken = host.with_port(host.bonds[0].primary, carrier=False, speed=None, failures=chance.randint(1, 9))
    return broken.with_bond(active=slow)


def held(host: SimHost, chance: random.Random) -> SimHost:
    primary, slow = host.bonds[0].primary, host.bonds[0].ports[1]
    return host.with_port(primary, speed=host.port(slow).speed, failures=chance.randint(1, 4)).with_bond(active=slow)


def slowed(host: SimHost, chance: random.Random) -> SimHost:
    return host.with_port(host.bonds[0].primary, speed=chance.choice((100, 1000)))


def dead_standby(host: SimHost, chance: random.Random) -> SimHost:
    return host.with_port(host.bonds[0].ports[1], carrier=False, speed=None, failures=chance.randint(1, 3))


def single(host: SimHost, chance: random.Random) -> SimHost:
    return host.with_bond(ports=host.bonds[0].ports[:1])


def down(host: SimHost, chance: random.Random) -> SimHost:
    for name in host.bonds[0].ports:
        host = host.with_port(name, carrier=False, speed=None, failures=chance.randint(2, 12))
    return host.with_bond(active="")


def unwatched(host: SimHost, chance: random.Random) -> SimHost:
    return host.with_bond(miimon=0)


def unknown_speed(host: SimHost, chance: random.Random) -> SimHost:
    return host.with_port(host.bonds[0].active, speed=None, modes=False, driver="virtio_net")


def no_primary(host: SimHost, chance: random.Random) -> SimHost:
    return host.with_bond(primary="")


def slow_primary(host: SimHost, chance: random.Random) -> SimHost:
    slow = host.bonds[0].ports[1]
    return host.with_bond(primary=slow, active=slow)


def one_switch(host: SimHost, chance: random.Random) -> SimHost:
    first, second = (host.port(name) for name in host.bonds[0].ports)
    return host.with_port(second.name, switch=first.switch, switch_port=f"{first.switch_port}0")


def other_mode(host: SimHost, chance: random.Random) -> SimHost:
    return host.with_bond(mode="balance-rr", primary="", active="")


def flapping(host: SimHost, chance: random.Random) -> SimHost:
    """Its standby port's count rises by one whenever somebody looks (`World.look`)."""
    return host.with_port(host.bonds[0].ports[1], failures=chance.randint(20, 90))


def drifted(host: SimHost, chance: random.Random) -> SimHost:
    return host.with_bond(filed="failure")


def off(host: SimHost, chance: random.Random) -> SimHost:
    return replace(host, off=True)


def silent(host: SimHost, chance: random.Random) -> SimHost:
    return replace(host, silent=True)


FAULTS: dict[str, tuple[Fault, int]] = {
    "failed-over": (dead_primary, 5),
    "held": (held, 4),
    "slowed": (slowed, 3),
    "no-standby": (dead_standby, 4),
    "single": (single, 1),
    "down": (down, 1),
    "unwatched": (unwatched, 1),
    "unknown-speed": (unknown_speed, 1),
    "no-primary": (no_primary, 1),
    "slow-primary": (slow_primary, 1),
    "one-switch": (one_switch, 2),
    "other-mode": (other_mode, 1),
    "flapping": (flapping, 1),
    "drift": (drifted, 1),
    "off": (off, 1),
    "silent": (silent, 1),
}
"""Name → how it is made, and how often among the hosts that are not well."""


@dataclass
class World:
    """`count` hosts out of `seed`; the same seed gives the same hosts. `dead` of 1: this share is off or silent."""

    count: int
    seed: int = 1
    dead: float | None = None
    hosts: list[SimHost] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hosts = [self._host(number) for number in range(self.count)]
        self._stirred = random.Random(f"{self.seed} stir")  # noqa: S311 - a toy world, not a secret

    def look(self, number: int) -> SimHost:
        """The host as it is at this moment."""
        host = self.hosts[number]
        if host.fault == "flapping":
            name = host.bonds[0].ports[1]
            host = self.hosts[number] = host.with_port(name, failures=host.port(name).failures + 1)
        return host

    def stir(self, changes: int) -> list[int]:
        """Let so many hosts get a fault, or get well again; their numbers."""
        able = [host.number for host in self.hosts if not host.off and not host.silent]
        chosen = self._stirred.sample(able, min(changes, len(able)))
        for number in chosen:
            well = self._well(number)
            fault = "" if self.hosts[number].fault else self._stirred.choice([*FAULTS][:11])
            self.hosts[number] = self._broken(well, fault, self._stirred)
        return chosen

    def _host(self, number: int) -> SimHost:
        chance = random.Random(f"{self.seed} {number}")  # noqa: S311 - the same
        host = self._well(number)
        if self.dead is not None and chance.random() < self.dead:
            return replace(host, off=chance.random() < 0.5, silent=True, fault="dead")
        if chance.randrange(100) < USUAL:
            return host
        names = [name for name in FAULTS if self.dead is None or name not in ("off", "silent")]
        fault = chance.choices(names, [FAULTS[name][1] for name in names])[0]
        return self._broken(host, fault, chance)

    def _broken(self, host: SimHost, fault: str, chance: random.Random) -> SimHost:
        return replace(FAULTS[fault][0](host, chance), fault=fault) if fault else host

    def _well(self, number: int) -> SimHost:
        """A host with a fast and a slow port to two switches; one in six has two fast ones."""
        chance = random.Random(f"{self.seed} well {number}")  # noqa: S311 - the same
        rack_number, place = divmod(number, HOSTS_IN_A_RACK)
        site = SITES[rack_number % len(SITES)]
        rack = f"{site}-r{rack_number // len(SITES) + 1:02}"
        fast = 25_000 if chance.random() < 0.1 else 10_000
        second = fast if chance.random() < 1 / 6 else 1000
        driver = "mlx5_core" if fast == 25_000 else chance.choice(("ixgbe", "i40e", "bnxt_en"))
        ports = (
            self._port("eno1", number, 0, driver, fast, f"sw-{rack}-a", f"Te1/0/{place + 1}"),
            self._port("eno2", number, 1, "igb" if second == 1000 else driver, second, f"sw-{rack}-b",
                       f"{'Gi' if second == 1000 else 'Te'}1/0/{place + 1}"),
            replace(self._port("eno3", number, 2, "igb", 1000, "", ""), carrier=False, speed=None),
        )  # fmt: skip
        policy = "always" if second == fast else "better"
        vlan = 100 if chance.random() < 0.2 else 0
        bond = SimBond("bond0", ("eno1", "eno2"), "eno1", "eno1", policy, vlan=vlan)
        boot = hashlib.sha256(f"{self.seed} {number}".encode()).hexdigest()
        lldp = chance.random() < 0.93
        return SimHost(number, f"sim-{site}-{number:05}", site, rack, ports, (bond,), boot=boot, lldp=lldp)

    def _port(
        self, name: str, number: int, place: int, driver: str, nominal: int, switch: str, switch_port: str
    ) -> Port:
        mac = f"02:5e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}:{place:02x}"
        return Port(name, mac, driver, nominal, nominal, switch=switch, switch_port=switch_port)
