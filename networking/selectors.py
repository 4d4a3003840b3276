"""Reading the fleet: bonds worst first, how many are how, and how fresh all of it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Q, Subquery, Sum
from django.utils import timezone

from changes.states import Label
from execution.models import Pulse
from inventory.models import Host
from inventory.paging import clean
from inventory.rights import hosts_seen_by, on_hosts_seen_by
from inventory.states import HostTrust
from inventory.worst_first import Ladder, WordFilters
from networking.bonding.states import HEALTH_LABELS, WORST_FIRST, HealthState
from networking.bonding.words import ago
from networking.models import Bond, BondMove, BondQuerySet, HostNetwork, Nic, SweepWish
from people.actor import Actor

MOVES = 30
LADDER = Ladder("since", newest_first=True)
"""Worst state first, then what came last."""


@dataclass(frozen=True, slots=True)
class Filters(WordFilters):
    health: str = ""
    site: str = ""
    switch: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many bonds are in a state."""

    state: HealthState
    label: Label
    count: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """How much of what is shown is fresh. `worker` is when the fleet's worker was last seen.

    hosts   that are asked
    fresh   of them answered lately; silent: gave no answer when last asked; never: were not asked yet
    """

    hosts: int
    fresh: int
    silent: int
    never: int
    newest: datetime | None
    worker: datetime | None
    every: str

    @property
    def asleep(self) -> bool:
        """Nobody asks: the worker was not seen for long."""
        patience = timedelta(seconds=settings.SWEEP_SECONDS * 3 + 15)
        return self.worker is None or self.worker < timezone.now() - patience


def bonds_seen_by(actor: Actor) -> BondQuerySet:
    """Bonds that are there, on hosts that the person sees."""
    rows = Bond.objects.there()
    return rows if actor.sees_all else rows.filter(host__in=hosts_seen_by(actor))


def bond_list(actor: Actor, filters: Filters) -> BondQuerySet:
    """Bonds that the person sees, as far as the filters let them through."""
    rows = bonds_seen_by(actor).select_related("host", "host__network")
    if filters.health:
        rows = rows.filter(rank=_rank(filters.health))
    if filters.site:
        alike = [site for site in sites(actor) if site.casefold() == filters.site.casefold()]
        rows = rows.filter(host__site__in=alike)
    if filters.switch:
        at_switch = Nic.objects.filter(switch__iexact=filters.switch, bond__isnull=False)
        rows = rows.filter(pk__in=at_switch.values("bond_id"))
    return rows.matching(filters.text) if filters.text else rows


def _rank(word: str) -> int:
    return WORST_FIRST.index(HealthState(word)) if word in set(HealthState) else -1


def counts(actor: Actor) -> list[StateCount]:
    """How many bonds that the person sees are how, worst first; states that no bond is in are left out."""
    found = dict(bonds_seen_by(actor).order_by().values_list("rank").annotate(Count("pk")))
    return [
        StateCount(state, HEALTH_LABELS[state], found[rank])
        for rank, state in enumerate(WORST_FIRST)
        if found.get(rank)
    ]


WITH_BOND = "inventory_host host JOIN networking_bond bond ON bond.host_id = host.id WHERE bond.present AND host.site >"
FIRST = "ORDER BY host.site, host.name LIMIT 1"
SITES = f"""
    WITH RECURSIVE one(site) AS (
        SELECT (SELECT host.site FROM {WITH_BOND} '' {FIRST})
        UNION ALL
        SELECT (SELECT host.site FROM {WITH_BOND} one.site {FIRST}) FROM one WHERE one.site IS NOT NULL
    )
    SELECT site FROM one WHERE site IS NOT NULL ORDER BY site
"""  # noqa: S608 - words of our own
"""From the first host of each site to that of the next, by their index: a DISTINCT would look at every host."""


def sites(actor: Actor) -> list[str]:
    """Sites of hosts that have bonds, as far as the person sees them."""
    if actor.sees_all:
        with connection.cursor() as cursor:
            cursor.execute(SITES)
            return [site for (site,) in cursor]
    rows = hosts_seen_by(actor).filter(bonds__present=True).exclude(site="")
    return list(rows.order_by("site").values_list("site", flat=True).distinct())


def freshness(actor: Actor) -> Freshness:
    """Of the hosts that the person sees; one query."""
    now = timezone.now()
    recent = now - timedelta(seconds=settings.FLEET_SECONDS * 2 + 30)
    worker = Pulse.objects.filter(name="fleet").values("at")
    told = on_hosts_seen_by(actor, HostNetwork.objects.all()).aggregate(
        worker=Max(Subquery(worker)),
        hosts=Count("pk"),
        fresh=Count("pk", filter=Q(seen_at__gte=recent)),
        silent=Count("pk", filter=Q(error__gt="")),
        never=Count("pk", filter=Q(tried_at__isnull=True)),
        newest=Max("seen_at"),
    )
    return Freshness(**told, every=ago(settings.FLEET_SECONDS))


@dataclass(frozen=True, slots=True)
class Turns:
    """Whose turn it is to be asked: `asking` are asked this moment; `due` wait, the longest since `oldest_due`."""

    hosts: int
    asking: int
    due: int
    oldest_due: datetime | None
    silent: int
    misses: int


def turns(now: datetime) -> Turns:
    """One query. `misses` are attempts in vain since each silent host last answered."""
    busy = Q(lease_until__gt=now) & ~Q(lease_owner="")
    told = HostNetwork.objects.aggregate(
        hosts=Count("pk"),
        asking=Count("pk", filter=busy),
        due=Count("pk", filter=Q(next_at__lte=now) & ~busy),
        oldest_due=Min("next_at", filter=Q(next_at__lte=now) & ~busy),
        silent=Count("pk", filter=Q(error__gt="")),
        misses=Sum("misses"),
    )
    return Turns(**told | {"misses": told["misses"] or 0})


def eligible() -> int:
    """Hosts that could be asked: a trusted key, and a way to sign in."""
    return Host.objects.of_trust(HostTrust.TRUSTED).filter(credential__isnull=False).count()


def bond_of(host: Host, name: str) -> Bond:
    """Raises Bond.DoesNotExist."""
    return Bond.objects.select_related("host", "host__network").get(host=host, name=clean(name))


def moves_of(bond: Bond, before: int | None = None) -> tuple[list[BondMove], int | None]:
    """Newest first, and where the older ones begin."""
    rows = bond.moves.filter(pk__lt=before) if before else bond.moves.all()
    found = list(rows[: MOVES + 1])
    kept = found[:MOVES]
    return kept, kept[-1].pk if len(found) > MOVES else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep that somebody asked for has come."""

    wish: SweepWish
    total: int
    done: int
    silent: int
    moved: int

    @property
    def words(self) -> str:
        silent = f"; {self.silent:,} gave no answer" if self.silent else ""
        moved = f"; {self.moved:,} things changed" if self.moved else ""
        return f"{self.done:,} of {self.total:,} hosts asked{silent}{moved}"

    @property
    def over(self) -> bool:
        return self.done >= self.total or timezone.now() - self.wish.asked_at > SweepWish.GIVEN_UP


def progress(host: Host | None = None) -> Progress | None:
    """The newest wish for the fleet, or for this host, and what became of it."""
    wish = SweepWish.objects.filter(host=host).select_related("asked_by").first()
    if wish is None:
        return None
    rows = HostNetwork.objects.filter(tried_at__gte=wish.asked_at)
    moves = BondMove.objects.filter(at__gte=wish.asked_at)
    if host is not None:
        rows, moves = rows.filter(host=host), moves.filter(bond__host=host)
    told = rows.aggregate(done=Count("pk"), silent=Count("pk", filter=Q(error__gt="")))
    return Progress(wish, wish.total, told["done"], told["silent"], moves.count())
