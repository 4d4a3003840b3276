"""Gives interfaces that files know by MAC address or pattern only their names on a host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TypeVar

from networking.backends.protocol import Configured
from networking.bonding.model import Bond
from networking.facts.values import Nic

Value = TypeVar("Value")


def named(configured: Configured, nics: Iterable[Nic]) -> Configured:
    """The same, with ports, `plain` and `owner` by the names that the host's NICs have now."""
    hardware = [nic for nic in nics if nic.permanent_address or nic.address]
    by_address = {nic.permanent_address or nic.address: nic.name for nic in hardware}
    taken = {name for name in (*configured.owner, *configured.plain) if not _is_pattern(name)}
    taken |= {by_address[name] for name in taken if name in by_address}
    return replace(
        configured,
        bonds=tuple(_bond(bond, by_address) for bond in configured.bonds),
        plain=_renamed(configured.plain, by_address, hardware, taken),
        owner=_renamed(configured.owner, by_address, hardware, taken),
    )


def _bond(bond: Bond, by_address: Mapping[str, str]) -> Bond:
    """A primary is named by its port, so it is renamed with it."""
    names = {port.name: by_address.get(port.name, port.name) for port in bond.ports}
    ports = tuple(replace(port, name=names[port.name]) for port in bond.ports)
    primary = names.get(bond.options.primary, bond.options.primary)
    return replace(bond, ports=ports, options=replace(bond.options, primary=primary))


def _is_pattern(name: str) -> bool:
    return any(char in name for char in "*?[")


def _renamed(
    values: Mapping[str, Value], by_address: Mapping[str, str], nics: list[Nic], taken: set[str]
) -> dict[str, Value]:
    result = {by_address.get(name, name): value for name, value in values.items() if not _is_pattern(name)}
    for pattern, value in values.items():
        if _is_pattern(pattern):
            fits = [nic.name for nic in nics if nic.kind == "nic" and fnmatchcase(nic.name, pattern)]
            result.update({name: value for name in fits if name not in taken and name not in result})
    return result
