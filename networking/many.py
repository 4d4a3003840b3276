"""The same bond on many hosts: for each what would be planned for it, from what it last said of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from changes.models import Change, Rollout
from changes.plan import Json, Plan
from changes.rollouts import Wanted, rollout_create
from changes.services import Request as ChangeRequest
from changes.services import change_create
from execution.doorbell import ring_plan
from inventory.models import Host, HostFacts
from networking.bonding.model import Options
from networking.facts.values import Network
from networking.forms import proposal
from networking.planner import KIND, plan
from networking.request import Request
from people.models import User

MOST = 200
"""Hosts that one page offers."""


@dataclass(frozen=True, slots=True)
class Common:
    """What all of them get alike."""

    primary_reselect: str
    miimon: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be asked for on one host.

    params   the request; empty where the host has not told its network yet
    words    the bond in a few words: bond0 of eth1 (10000 Mb/s) and eth0 (1000 Mb/s)
    refusal  why it could not be planned, from what the host last said; empty if it could
    """

    host: Host
    params: Mapping[str, Json]
    words: str = ""
    refusal: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        return bool(self.params) and not self.refusal


def offers(hosts: Iterable[Host], common: Common) -> list[Offer]:
    """One for each host, in order; the facts of all of them in one query."""
    rows = {row.host_id: row.facts or {} for row in HostFacts.objects.filter(host__in=list(hosts))}
    return [_offer(host, _network(rows.get(host.pk, {})), common) for host in hosts]


def _network(facts: Mapping[str, Any]) -> Network | None:
    try:
        return Network.from_json(facts[KIND]) if facts.get(KIND) else None
    except (KeyError, TypeError, ValueError):
        return None


def _offer(host: Host, network: Network | None, common: Common) -> Offer:
    if network is None:
        return Offer(host, {}, refusal="It has not said yet how its network is. Ask it first.")
    proposed = proposal(network)
    if len(proposed["ports"]) < 2:
        return Offer(host, {}, refusal="It has no two ports that are free for a bond.")
    request = Request.from_json({"host": host.name, **_asked(proposed, common)})
    outcome = plan(request.to_json(), network.to_json())
    words = f"{proposed['name']} of {' and '.join(_port(network, name) for name in proposed['ports'])}"
    if isinstance(outcome, Plan):
        return Offer(host, request.to_json(), words, warnings=outcome.warnings)
    return Offer(host, request.to_json(), words, outcome.reasons[0])


def _asked(proposed: Mapping[str, Any], common: Common) -> dict[str, Json]:
    options = replace(
        Options(), primary=proposed["primary"], primary_reselect=common.primary_reselect, miimon=common.miimon
    )
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(options).items()}
    return {
        "name": proposed["name"],
        "ports": proposed["ports"],
        "options": plain,
        "seconds": common.seconds,
    }


def _port(network: Network, name: str) -> str:
    nic = network.nic(name)
    speed = (nic.nominal_mbps or nic.speed_mbps) if nic else None
    return f"{name} ({speed} Mb/s)" if speed else f"{name} (speed unknown)"


def roll_out(actor: User, chosen: Iterable[Offer], *, title: str, reason: str, ticket: str, wave_size: int) -> Rollout:
    """A change for each, and one rollout of them all. Raises Denied; call it in a transaction of its own."""
    changes: list[Change] = []
    for offer in chosen:
        wanted = ChangeRequest(KIND, offer.params, offer.host.pk, offer.host.vm_id, reason, ticket)
        change = change_create(actor, wanted)
        ring_plan(change)
        changes.append(change)
    return rollout_create(actor, Wanted(title, reason, changes, wave_size, ticket))
