"""A host's network in one round trip: all of it for a plan, its bonds alone for the fleet's pages."""

from __future__ import annotations

from dataclasses import dataclass, field

from networking.facts.addresses import parse_addresses, parse_routes
from networking.facts.ethtool import parse_ethtool
from networking.facts.files import parse_files
from networking.facts.interfaces import bonds, nics
from networking.facts.lldp import parse_lldp
from networking.facts.managers import parse_managers
from networking.facts.session import parse_session
from networking.facts.tree import parse_links, parse_tree
from networking.facts.values import Bonds, Network, Nic
from networking.scripts import script
from ssh.command import Command
from ssh.facts import FactError
from ssh.sections import Parts, ended_well, part, parts
from ssh.session import Result

WHAT = "The network of the host"


@dataclass(frozen=True, slots=True)
class AskNetwork:
    """The Network of a host, in one round trip, as root.

    What a plan relies on (interfaces, bonds, addresses, routes, files) is parsed strictly; what is only shown or
    warned of (supported modes, neighbours) is left out where it cannot be read. A port's nominal speed is the
    largest that its driver supports. Drivers of virtual machines name none; then it is the speed that the port
    shows now, and whoever keeps what was seen first can tell a degraded port (`nominal_by`, `keep_nominal`).

    A real answer, shortened (tests/networking/samples/answers/ has whole ones):

        @@begin host
        machine_id=aa6a…
        @@end host 0
        @@begin values
        /proc/net/bonding/bond0:Bonding Mode: fault-tolerance (active-backup)
        /sys/class/net/bond0/bonding/primary_reselect:better 1
        /sys/class/net/eth0/speed:10000
        @@end values 0
        …
    """

    name: str = field(default="network", init=False)

    def command(self) -> Command:
        return Command(("sh", "-c", script("network.lib", "files.lib", "network"), "regroup"), sudo=True, timeout=60)

    def parse(self, result: Result) -> Network:
        found = parts(ended_well(result, WHAT), WHAT)
        if "ip" not in part(found, "tools", WHAT).split():
            raise FactError("There is no ip on this host, without which no address can be known. Install iproute2.")
        seen = _bonds(found, part(found, "addresses", WHAT))
        files = parse_files(part(found, "files", WHAT), WHAT)
        routes = [part(found, name, WHAT) for name in ("routes", "routes6")]
        device, peer = parse_session(_shown(found, "session"), seen.nics)
        return Network(
            machine_id=seen.machine_id,
            boot_id=seen.boot_id,
            hostname=seen.hostname,
            kernel=seen.kernel,
            nics=seen.nics,
            bonds=seen.bonds,
            routes=tuple(route for text in routes for route in parse_routes(text, WHAT)),
            dns=_dns(part(found, "dns", WHAT)),
            managers=parse_managers(part(found, "managers", WHAT), part(found, "tools", WHAT), files, WHAT),
            files=files,
            session_device=device,
            session_peer=peer,
            lldp=seen.lldp,
        )


@dataclass(frozen=True, slots=True)
class AskBonds:
    """The Bonds of a host, in one round trip, for any user.

    lean  only what changes by itself: no addresses, no neighbours, and nominal speeds by sight alone. It starts
          four processes; without it, there are ip, one ethtool for each port, and lldpctl or networkctl
    """

    lean: bool = False
    name: str = field(default="bonds", init=False)

    def command(self) -> Command:
        how = "lean" if self.lean else "full"
        return Command(("sh", "-c", script("network.lib", "bonds"), "regroup", how))

    def parse(self, result: Result) -> Bonds:
        found = parts(ended_well(result, WHAT), WHAT)
        return _bonds(found, _shown(found, "addresses"))


def keep_nominal(kept: int | None, nic: Nic) -> int | None:
    """The nominal speed to keep of a port: its driver's word, else the largest that was ever seen."""
    if nic.nominal_by == "driver":
        return nic.nominal_mbps
    return max((speed for speed in (kept, nic.nominal_mbps) if speed), default=None)


def _bonds(found: Parts, addresses: str) -> Bonds:
    host = dict(line.partition("=")[::2] for line in part(found, "host", WHAT).splitlines())
    lacking = [key for key in ("boot_id", "hostname", "kernel") if not host.get(key)]
    if lacking:
        raise FactError(f"{WHAT}: the host does not say its {lacking[0]}.")
    tree, links = parse_tree(part(found, "values", WHAT), WHAT), parse_links(part(found, "links", WHAT))
    addressed = parse_addresses(addresses, WHAT)
    neighbours, heard = parse_lldp(_shown(found, "lldp")) if "lldp" in found else ({}, "")
    running = bonds(tree, WHAT)
    able = parse_ethtool(_shown(found, "ethtool"))
    interfaces = nics(tree, links, running, addressed, able, neighbours, WHAT)
    return Bonds(
        machine_id=host.get("machine_id", ""),
        boot_id=host["boot_id"],
        hostname=host["hostname"],
        kernel=host["kernel"],
        nics=interfaces,
        bonds=running,
        lldp=heard,
    )


def _shown(found: Parts, name: str) -> str:
    """A part that nothing relies on: whatever it says, however it ended."""
    return found.get(name, (0, ""))[1]


def _dns(text: str) -> tuple[str, ...]:
    """Name servers; behind systemd-resolved's own address, those that it asks."""
    servers: dict[str, list[str]] = {}
    for path, lines in parse_tree(text, WHAT).items():
        servers[path] = [line.split()[1] for line in lines.splitlines() if len(line.split()) > 1]
    listed = servers.get("/etc/resolv.conf", [])
    if listed == ["127.0.0.53"]:
        listed = servers.get("/run/systemd/resolve/resolv.conf", listed)
    return tuple(listed)
