"""What stands on what: bonds, bridges and VLANs above interfaces, on kernels old and new."""

from __future__ import annotations

import re
from collections.abc import Iterator

from networking.facts.tree import NET, Tree
from networking.facts.values import BondNow


def stacked(tree: Tree, links: Tree, running: tuple[BondNow, ...]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Interface → the bond or bridge that it is part of (empty for none), and all that stands on it."""
    masters: dict[str, str] = {}
    uppers: dict[str, set[str]] = {}
    for part, whole in (*_ports(running), *_bridged(links), *_mastered(links)):
        masters[part] = whole
        uppers.setdefault(part, set()).add(whole)
    for lower, upper in (*_uppers(links), *_vlans(tree)):
        uppers.setdefault(lower, set()).add(upper)
    return {name: (masters.get(name, ""), tuple(sorted(above))) for name, above in uppers.items()}


def _ports(running: tuple[BondNow, ...]) -> Iterator[tuple[str, str]]:
    for bond in running:
        for port in bond.status.ports:
            yield port.name, bond.name


def _bridged(links: Tree) -> Iterator[tuple[str, str]]:
    for path in links:
        match = re.fullmatch(rf"{NET}([^/]+)/brif/([^/]+)", path)
        if match:
            yield match[2], match[1]


def _mastered(links: Tree) -> Iterator[tuple[str, str]]:
    for path, target in links.items():
        match = re.fullmatch(rf"{NET}([^/]+)/master", path)
        if match:
            yield match[1], target.rsplit("/", 1)[-1]


def _uppers(links: Tree) -> Iterator[tuple[str, str]]:
    for path in links:
        match = re.fullmatch(rf"{NET}([^/]+)/upper_([^/]+)", path)
        if match:
            yield match[1], match[2]


def _vlans(tree: Tree) -> Iterator[tuple[str, str]]:
    """RHEL 5 and 6 have no upper_* yet; `bond0.100      | 100  | bond0`."""
    for line in tree.get("/proc/net/vlan/config", "").splitlines():
        words = [word.strip() for word in line.split("|")]
        if len(words) == 3:
            yield words[2], words[0]
