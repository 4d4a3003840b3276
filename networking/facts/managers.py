"""Which network managers a host has, and which of them run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from networking.facts.values import Managers, NetFile
from ssh.facts import FactError

UNITS = ("NetworkManager", "systemd-networkd", "networking", "network")
IFCFG = "/etc/sysconfig/network-scripts/ifcfg-"
KEPT = f"{IFCFG}lo"


def parse_managers(text: str, tools: str, files: Iterable[NetFile], what: str) -> Managers:
    """Raises FactError naming the line.

    A real answer: `inactive active active inactive`, of the units above in their order; then “ifcfg-rh” where
    NetworkManager has that plugin, and “initscripts” where Red Hat's are installed.
    """
    first, *rest = text.split("\n")
    states = first.split()
    if states and len(states) != len(UNITS):
        raise FactError(f"{what}: expected the states of {len(UNITS)} units in the line {first!r}.")
    running = {unit for unit, state in zip(UNITS, states, strict=False) if state == "active"}
    paths, programs = [file.path for file in files], tuple(tools.split())
    return Managers(dict(_active(running, set(rest), paths, programs)), programs)


def _active(running: set[str], has: set[str], paths: list[str], tools: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    ifcfg = [path for path in paths if path.startswith(IFCFG) and path != KEPT]
    netplan = [path for path in paths if path.startswith("/etc/netplan/")]
    if netplan and "netplan" in tools:
        yield "netplan", f"netplan is there, with {netplan[0]}"
    if "NetworkManager" in running:
        yield "keyfile", "NetworkManager is active"
    if "NetworkManager" in running and "ifcfg-rh" in has and ifcfg:
        yield "ifcfg", f"NetworkManager is active and reads {ifcfg[0]} by its ifcfg-rh plugin"
    elif "network" in running and "initscripts" in has:
        yield "ifcfg", "the network service of initscripts is active"
    if "systemd-networkd" in running:
        yield "networkd", "systemd-networkd is active"
    if "networking" in running and "ifup" in tools:
        yield "ifupdown", "the networking service is active, and ifup is there"
