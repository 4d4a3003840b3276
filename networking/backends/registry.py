"""The five back-ends, and which of them a host's interfaces belong to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from networking.backends.ifcfg import Ifcfg
from networking.backends.ifcfg.read import ifcfg_files
from networking.backends.ifupdown import Ifupdown
from networking.backends.keyfile import Keyfile
from networking.backends.naming import named
from networking.backends.netplan import Netplan
from networking.backends.networkd import Networkd
from networking.backends.protocol import Backend, Configured, Flaw
from networking.facts.values import Network

_EVERY: tuple[Backend, ...] = (Ifcfg(), Keyfile(), Netplan(), Networkd(), Ifupdown())
BACKENDS: Mapping[str, Backend] = MappingProxyType({backend.key: backend for backend in _EVERY})
"""By the key that `Managers.active` and plans name them with."""

GENERATED = ("/run/systemd/network/", "/run/NetworkManager/system-connections/netplan-")
"""What netplan makes from its own files, so that it is nobody's configuration."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who configures the interfaces: a back-end's key, or a sentence why it cannot be told or is nobody.

    files  interface → file, as far as files name them
    """

    key: str = ""
    refusal: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def backend(self) -> Backend | None:
        return BACKENDS.get(self.key)


def configured(network: Network, key: str) -> Configured:
    """What the files of one manager say on this host, with interfaces by the names that they have now.

    A profile or netplan file that others than root may read is a flaw: NetworkManager passes over such a one.
    """
    files = {file.path: file.text for file in network.files if key == "netplan" or not file.path.startswith(GENERATED)}
    found = named(BACKENDS[key].read(files), network.nics)
    return Configured(found.bonds, found.plain, found.owner, (*found.flaws, *_modes(network, key)))


def _modes(network: Network, key: str) -> Iterator[Flaw]:
    for file in network.files:
        if key == "keyfile" and file.path.startswith("/etc/NetworkManager/system-conn") and file.mode[-2:] != "00":
            sentence = f"Its mode is {file.mode}; NetworkManager reads a profile only if it is root's alone, 0600."
            yield Flaw(file.path, 1, sentence)


def owner_of(network: Network, interfaces: Collection[str] = ()) -> Ownership:
    """Which manager owns the interfaces, by its files and by what runs.

    `interfaces` are those of the bond to be; without any, the host's NICs and bonds. Two managers, or none, is a
    refusal.
    """
    concerned = set(interfaces) or {nic.name for nic in network.nics if nic.kind in ("nic", "bond")}
    claims = {key: claim for key in BACKENDS if (claim := _claims(network, key, concerned))}
    running = {key: claim for key, claim in claims.items() if key in network.managers.active}
    files = {name: path for claim in running.values() for name, path in claim.items()}
    if len(running) > 1:
        said = " and ".join(_claim(key, claim) for key, claim in running.items())
        return Ownership(
            refusal=f"Two network managers claim the same NICs: {said}. Take one of them out.", files=files
        )
    if running:
        return _able(network, next(iter(running)), files)
    if "keyfile" in network.managers.active and not claims:
        return Ownership("keyfile")
    if claims:
        said = " and ".join(_claim(key, claim) for key, claim in claims.items())
        return Ownership(refusal=f"{said}, but that does not run on this host. Start it, or take the files out.")
    active = ", ".join(network.managers.active.values()) or "none runs"
    return Ownership(refusal=f"No network manager configures {', '.join(sorted(concerned))} ({active}).")


def _claims(network: Network, key: str, concerned: set[str]) -> dict[str, str]:
    owner = configured(network, key).owner
    claim = {name: path for name, path in owner.items() if name in concerned}
    if key == "keyfile":
        left = _not_for_network_manager(network)
        claim = {name: path for name, path in claim.items() if name not in left}
    return claim


def _not_for_network_manager(network: Network) -> set[str]:
    """Interfaces whose ifcfg file says NM_CONTROLLED=no: NetworkManager leaves them alone, whatever profiles say."""
    files = {file.path: file.text for file in network.files}
    words = ("no", "NO", "n", "false", "0")
    return {file.device for file in ifcfg_files(files) if file.values.get("NM_CONTROLLED", "") in words}


def _claim(key: str, claim: Mapping[str, str]) -> str:
    name, path = min(claim.items())
    return f"{BACKENDS[key].title} configures {name} in {path}"


def _able(network: Network, key: str, files: Mapping[str, str]) -> Ownership:
    tools = network.managers.tools
    if key == "ifupdown" and tools and not {"ifenslave", "ifreload"} & set(tools):
        return Ownership(refusal="ifupdown makes bonds only with the package ifenslave. Install it.", files=files)
    return Ownership(key, files=files)
