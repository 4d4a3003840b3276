"""Reading readiness, as far as a person sees it: worst first, how many are how, and how fresh all of it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Count, Max, Model, Q, QuerySet

from changes.states import Label
from inventory.models import Host
from inventory.rights import hosts_seen_by, on_hosts_seen_by, ways_told
from inventory.states import Criticality
from inventory.worst_first import Ladder, WordFilters
from people.actor import Actor
from readiness.judges.proof import Proven
from readiness.judges.proof import Tried as Trial
from readiness.lights import LABELS, WORST_FIRST, Light, rank
from readiness.models import ProvenBackup, ProvenBoot, Readiness, ReadinessMove, Tried, stale_before
from readiness.proof.outcome import Outcome

Row = TypeVar("Row", bound=Model)

MOVES = 20
LADDER = Ladder("up_since", newest_first=False)
"""Worst verdict first, then who is up longest."""


@dataclass(frozen=True, slots=True)
class Filters(WordFilters):
    light: str = ""
    criticality: str = ""
    owner: str = ""
    site: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class LightCount:
    light: Light
    label: Label
    count: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """Of the hosts that are asked: how many never answered, did not answer when last asked, or long ago."""

    hosts: int
    never: int
    silent: int
    stale: int
    newest: datetime | None


def readiness_list(actor: Actor, filters: Filters) -> QuerySet[Readiness]:
    """Rows of hosts that the person sees, as far as the filters let them through."""
    rows = ways_told(on_hosts_seen_by(actor, Readiness.objects.all()), actor, "host__")
    rows = rows.select_related("host", "host__owner", "host__vm", "host__vm__owner", "host__proof")
    if filters.light:
        rows = rows.filter(rank=rank(Light(filters.light))) if filters.light in set(Light) else rows.none()
    if filters.criticality:
        rows = rows.filter(_criticality(filters.criticality))
    return narrowed(rows, filters.owner, filters.site, filters.text)


def narrowed(rows: QuerySet[Row], owner: str, site: str, text: str) -> QuerySet[Row]:
    """Of rows that have a host, those of an owner, at a site, with a word in the host; empty words let all through."""
    if owner:
        rows = rows.filter(host__in=Host.objects.order_by().of_owner(Q(name__iexact=owner)))
    if site:
        rows = rows.filter(host__site__iexact=site)
    if text:
        rows = rows.filter(host__in=Host.objects.order_by().matching(text))
    return rows


def _criticality(word: str) -> Q:
    """A host that is a VM matters as much as its VM does."""
    return Q(host__vm__criticality=word) | Q(host__vm__isnull=True, host__criticality=word)


def counts(actor: Actor) -> list[LightCount]:
    """How many hosts that the person sees are how, worst first; what none is, is left out."""
    rows = on_hosts_seen_by(actor, Readiness.objects.order_by())
    found = dict(rows.values_list("rank").annotate(Count("pk")))
    return [LightCount(light, LABELS[light], found[rank(light)]) for light in WORST_FIRST if found.get(rank(light))]


def freshness(actor: Actor) -> Freshness:
    told = on_hosts_seen_by(actor, Readiness.objects.all()).aggregate(
        hosts=Count("pk"),
        never=Count("pk", filter=Q(seen_at__isnull=True)),
        silent=Count("pk", filter=Q(error__gt="")),
        stale=Count("pk", filter=Q(seen_at__lt=stale_before())),
        newest=Max("seen_at"),
    )
    return Freshness(**told)


def sites(actor: Actor) -> list[str]:
    """Of the hosts that are asked."""
    return sites_of(hosts_seen_by(actor).filter(readiness__isnull=False))


def sites_of(hosts: QuerySet[Host]) -> list[str]:
    return list(hosts.exclude(site="").order_by("site").values_list("site", flat=True).distinct())


def criticalities() -> list[str]:
    return [word.value for word in Criticality]


def readiness_of(host: Host) -> Readiness | None:
    return Readiness.objects.filter(host=host).select_related("host", "asked_by").first()


def proofs_of(host: Host) -> list[Tried]:
    """The last boots of clones of it: of itself, and of a backup."""
    rows: list[Tried | None] = [
        ProvenBoot.objects.select_related("change").filter(host=host).first(),
        ProvenBackup.objects.select_related("change").filter(host=host).first(),
    ]
    return [row for row in rows if row]


def proven_of(host_id: int, up_since: datetime) -> Proven:
    """What the check of it judges."""
    rows = (ProvenBoot.objects.filter(host=host_id).first(), ProvenBackup.objects.filter(host=host_id).first())
    itself, backup = (Trial(Outcome(row.outcome), row.at, row.change_id, row.sentence) if row else None for row in rows)
    return Proven(itself, backup, up_since)


def moves_of(host: Host) -> list[ReadinessMove]:
    """The newest changes of its verdict."""
    return list(host.readiness_moves.all()[:MOVES])
