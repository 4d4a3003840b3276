"""Which network manager a change speaks to, and what its files say. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from networking.backends import registry
from networking.backends.protocol import Backend, Configured
from networking.bonding.model import Addressing, Bond
from networking.facts.values import Network


class NoOwner(Exception):
    """No manager, or more than one; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The manager, and the host's files as it reads them."""

    backend: Backend
    configured: Configured

    def bond(self, name: str) -> Bond | None:
        return next((bond for bond in self.configured.bonds if bond.name == name), None)

    def plain(self, name: str) -> Addressing:
        return self.configured.plain.get(name, Addressing())


def files_of(network: Network) -> dict[str, str]:
    return {file.path: file.text for file in network.files}


def owner_of(network: Network, names: Iterable[str]) -> Owner:
    """The manager of the named interfaces, by its files and by what runs. Raises NoOwner."""
    owner = registry.owner_of(network, tuple(names))
    if owner.backend is None:
        raise NoOwner(owner.refusal)
    return Owner(owner.backend.on(network.machine_id), registry.configured(network, owner.key))
