"""Which bonds are told of: those that went bad, and those that are well again after that was told."""

from __future__ import annotations

from collections.abc import Sequence

from inventory.models import Host
from networking.bonding.states import HEALTH_LABELS, HealthState
from networking.models import Bond
from notices.hearing import bond_turned, bonds_told_bad
from notices.models import Happening

AS_GOOD = frozenset({HealthState.OK.value, HealthState.STALE.value})
"""What a bond has to have been before it goes bad; of one that is bad already nothing new is told."""


def turned(turns: Sequence[tuple[Bond, str]]) -> None:
    """Write what is to be told, in the caller's transaction. `turns` are bonds with the state before."""
    turns = [(bond, before) for bond, before in turns if bond.present]
    if not turns:
        return
    bad = bonds_told_bad({bond.host_id for bond, _ in turns})
    hosts = Host.objects.in_bulk({bond.host_id for bond, _ in turns})
    rows = []
    for bond, before in turns:
        told = (bond.host_id, bond.name) in bad
        label = HEALTH_LABELS[bond.health]
        if bond.health is HealthState.OK and told:
            rows.append(bond_turned(hosts[bond.host_id], bond.name, label.word, well=True))
        elif label.tone in ("bad", "warn") and before in AS_GOOD and not told:
            rows.append(bond_turned(hosts[bond.host_id], bond.name, label.word, well=False))
    Happening.objects.bulk_create(rows)
