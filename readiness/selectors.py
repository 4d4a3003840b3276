"""Reading readiness, as far as a person sees it: worst first, how many are how, and how fresh all of it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet
from django.http import QueryDict

from changes.states import Label
from inventory.models import Host
from inventory.paging import clean
from inventory.rights import hosts_seen_by, on_hosts_seen_by, ways_told
from inventory.states import Criticality
from people.actor import Actor
from readiness.lights import LABELS, WORST_FIRST, Light, rank
from readiness.models import Readiness, ReadinessMove, stale_before

PAGE = 50
MOVES = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filters:
    """The words of the address; empty ones filter nothing, and one that means nothing lets nothing through."""

    light: str = ""
    criticality: str = ""
    owner: str = ""
    site: str = ""
    text: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        return cls(**{field.name: clean(query.get(field.name, "")) for field in fields(cls)})

    @property
    def any(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Page:
    """Worst first; `worse` and `better` are query strings, or None where there is no more."""

    rows: list[Readiness]
    worse: str | None
    better: str | None


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
    rows = rows.select_related("host", "host__owner", "host__vm", "host__vm__owner")
    if filters.light:
        rows = rows.filter(rank=rank(Light(filters.light))) if filters.light in set(Light) else rows.none()
    if filters.criticality:
        rows = rows.filter(_criticality(filters.criticality))
    if filters.owner:
        rows = rows.filter(host__in=Host.objects.order_by().of_owner(Q(name__iexact=filters.owner)))
    if filters.site:
        rows = rows.filter(host__site__iexact=filters.site)
    if filters.text:
        rows = rows.filter(host__in=Host.objects.order_by().matching(filters.text))
    return rows


def _criticality(word: str) -> Q:
    """A host that is a VM matters as much as its VM does."""
    return Q(host__vm__criticality=word) | Q(host__vm__isnull=True, host__criticality=word)


def page_worst_first(rows: QuerySet[Readiness], query: QueryDict, size: int = PAGE) -> Page:
    """The page that `after` or `before` asks for. A host's place: its verdict, since when it is up, its number."""
    before, after = (_place(query.get(word, "")) for word in ("before", "after"))
    if before:
        place, since, number = before
        worse = Q(rank__lt=place) | Q(rank=place, up_since__lt=since) | Q(rank=place, up_since=since, pk__lt=number)
        found = list(rows.filter(worse, rank__lte=place).order_by("-rank", "-up_since", "-pk")[: size + 1])
        kept = found[:size][::-1]
        return Page(kept, _link(query, "before", kept[:1], len(found) > size), _link(query, "after", kept[-1:], True))
    if after:
        place, since, number = after
        better = Q(rank__gt=place) | Q(rank=place, up_since__gt=since) | Q(rank=place, up_since=since, pk__gt=number)
        rows = rows.filter(better, rank__gte=place)
    found = list(rows.order_by("rank", "up_since", "pk")[: size + 1])
    kept = found[:size]
    more = len(found) > size
    return Page(kept, _link(query, "before", kept[:1], bool(after)), _link(query, "after", kept[-1:], more))


def place_of(row: Readiness) -> str:
    """Where a host stands in the list, as a word for an address."""
    since = row.up_since - EPOCH
    return f"{row.rank}.{since // timedelta(microseconds=1)}.{row.pk}"


def _place(word: str) -> tuple[int, datetime, int] | None:
    parts = word.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 19 for part in parts):
        return None
    place, since, number = map(int, parts)
    try:
        return place, EPOCH + timedelta(microseconds=since), number
    except OverflowError:
        return None


def _link(query: QueryDict, word: str, edge: list[Readiness], more: bool) -> str | None:
    if not more or not edge:
        return None
    values = query.copy()
    for other in ("before", "after"):
        values.pop(other, None)
    values[word] = place_of(edge[0])
    return f"?{values.urlencode()}"


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
    rows = hosts_seen_by(actor).filter(readiness__isnull=False).exclude(site="")
    return list(rows.order_by("site").values_list("site", flat=True).distinct())


def criticalities() -> list[str]:
    return [word.value for word in Criticality]


def readiness_of(host: Host) -> Readiness | None:
    return Readiness.objects.filter(host=host).select_related("host", "asked_by").first()


def moves_of(host: Host) -> list[ReadinessMove]:
    """The newest changes of its verdict."""
    return list(host.readiness_moves.all()[:MOVES])
