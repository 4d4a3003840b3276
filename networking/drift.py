"""Which of a host's running bonds are other than its files make them at the next boot. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from networking.backends.registry import BACKENDS, configured, owner_of
from networking.bonding.drift import differences
from networking.facts.values import BondNow, Bonds, Network, Setup


@dataclass(frozen=True, slots=True)
class Compared:
    """One bond against its files: sentences in which they differ, or the sentence why that cannot be told."""

    differences: tuple[str, ...] = ()
    untold: str = ""


Drift = dict[str, Compared]
"""By the bond's name."""


def drift_of(bonds: Bonds, setup: Setup) -> Drift:
    """Each running bond against the files of the manager that owns it."""
    network = _network(bonds, setup)
    return {bond.name: compare(bond, network) for bond in bonds.bonds}


def untold(bonds: Bonds, why: str) -> Drift:
    """The same where the files could not be had."""
    return {bond.name: Compared(untold=why) for bond in bonds.bonds}


def compare(bond: BondNow, network: Network) -> Compared:
    """One running bond against what the host's files make of it. Raises nothing: files are anybody's."""
    try:
        return _compared(bond, network)
    except Exception as error:  # a file that nobody thought of must not cost a host its confirmation
        return Compared(untold=f"Regroup could not read its network files: {type(error).__name__}: {error}")


def _compared(bond: BondNow, network: Network) -> Compared:
    owner = owner_of(network, {bond.name, *(port.name for port in bond.status.ports)})
    made = {key: one for key in BACKENDS for one in configured(network, key).bonds if one.name == bond.name}
    if owner.key in made:
        return Compared(differences(made[owner.key], bond, network.nics))
    if made and not owner.key:
        return Compared(untold=owner.refusal)
    title = BACKENDS[owner.key].title if owner.key else "any network manager"
    return Compared((f"{bond.name} runs, and no file of {title} makes it.",))


def _network(bonds: Bonds, setup: Setup) -> Network:
    """What back-ends read a host's files by; routes and sessions say nothing there."""
    return Network(
        machine_id=bonds.machine_id,
        boot_id=bonds.boot_id,
        hostname=bonds.hostname,
        kernel=bonds.kernel,
        nics=bonds.nics,
        bonds=bonds.bonds,
        routes=(),
        dns=(),
        managers=setup.managers,
        files=setup.files,
        session_device="",
        session_peer="",
    )
