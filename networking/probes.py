"""What must be reachable after a change that was reachable before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from networking.facts.values import Network
from networking.scripts import script
from ssh.command import Command
from ssh.sections import ended_well, lines
from ssh.session import Result


@dataclass(frozen=True, slots=True)
class AskProbes:
    """Address → yes where it answers, arp where it is silent and yet on the link, else no.

    A real answer, an address a line: `10.0.2.2 yes`, `10.0.2.1 arp`, `10.0.2.3 no`.
    """

    addresses: tuple[str, ...]
    name = "probes"

    def command(self) -> Command:
        return Command(("sh", "-c", script("probes"), "regroup", *self.addresses), sudo=True, timeout=60)

    def parse(self, result: Result) -> Mapping[str, str]:
        return dict(lines(ended_well(result, "The probes"), "The probes", 2))


def probes_of(network: Network) -> dict[str, str]:
    """Address → what it is: gateways, name servers, the other end of our session."""
    return {address: what for what, address in reversed(list(_probes(network))) if address}


def _probes(network: Network) -> Iterator[tuple[str, str]]:
    for route in network.routes:
        if route.to == "default" and route.via:
            yield "gateway", route.via
    for server in network.dns:
        if not server.startswith("127."):
            yield "name server", server
    yield "our end of the session", network.session_peer
