"""Reading who is at risk, as far as a person sees it: worst first, what makes each one bad, how many are how."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone

from changes.states import Label
from inventory.models import Host
from inventory.models import Owned as Machine
from inventory.rights import hosts_seen_by, on_hosts_seen_by
from inventory.states import CRITICALITY_LABELS, Criticality
from inventory.worst_first import Ladder, WordFilters
from people.actor import Actor
from readiness import risk
from readiness.models import HostRisk, ProvenBoot, Readiness, stale_before
from readiness.panels import proof_url, reboot_url
from readiness.risk import Owned, Proven, Risk, Up, Verdict
from readiness.selectors import narrowed, sites_of
from readiness.weighing import LEVELS, days_up, risk_now

LADDER = Ladder("up_since", newest_first=False)
"""Highest risk first, then who is up longest."""


@dataclass(frozen=True, slots=True)
class Filters(WordFilters):
    """up: at least so long, where it is a number of days."""

    up: str = ""
    verdict: str = ""
    owned: str = ""
    criticality: str = ""
    proven: str = ""
    owner: str = ""
    site: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A host as it is now. Its place in the list is as it was weighed last.

    days: since its last boot, None where nobody can tell; why: what readiness says against a boot
    next: what to do for each reason, words and address
    """

    host: Host
    owned: Machine
    risk: Risk
    days: int | None
    seen_at: datetime | None
    verdict: Label
    why: list[str]
    reasons: list[str]
    next: list[tuple[str, str]]
    backup_at: datetime | None
    proof: ProvenBoot | None

    @property
    def old(self) -> bool:
        """What the checks say was so long ago."""
        return self.seen_at is not None and self.seen_at < stale_before()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a filter offers, and how many hosts are so."""

    value: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Counts:
    """hosts: all; forgotten: critical, not rebooted for half a year, and nobody's."""

    hosts: int
    forgotten: int
    up: list[Choice]
    verdict: list[Choice]
    owned: list[Choice]
    criticality: list[Choice]
    proven: list[Choice]


def risk_list(actor: Actor, filters: Filters) -> QuerySet[HostRisk]:
    """Rows of hosts that the person sees, as far as the filters let them through."""
    rows = on_hosts_seen_by(actor, HostRisk.objects.all())
    rows = rows.select_related("host__owner", "host__vm__owner", "host__readiness", "host__proof")
    if filters.up:
        rows = rows.filter(up__in=risk.at_least(Up(filters.up))) if filters.up in set(Up) else rows.none()
    for name in ("verdict", "owned", "criticality", "proven"):
        if word := getattr(filters, name):
            rows = rows.filter(**{name: word})
    return narrowed(rows, filters.owner, filters.site, filters.text)


def as_now(row: HostRisk, now: datetime | None = None, actor: Actor | None = None) -> AtRisk:
    """What is true of it now, by the same rules that it is weighed by, and what the actor can do about it."""
    now, host, owned = now or timezone.now(), row.host, row.host.answers
    kept: Readiness | None = getattr(host, "readiness", None)
    seen_at, up_since, light = (kept.seen_at, kept.up_since, kept.light) if kept else (None, None, None)
    proof: ProvenBoot | None = getattr(host, "proof", None)
    tried = (proof.at if proof.failed else None, proof.proven_at) if proof else (None, None)
    found = risk_now(seen_at, up_since, light, owned.owner_id, owned.confirmed_at, owned.criticality, now, *tried)
    days = days_up(seen_at, up_since, now)
    return AtRisk(
        host=host,
        owned=owned,
        risk=found,
        days=None if days is None else int(days),
        seen_at=seen_at,
        verdict=risk.VERDICT_LABELS[found.verdict],
        why=kept.reasons if kept and found.verdict in (Verdict.RED, Verdict.AMBER) else [],
        reasons=risk.reasons(found, days),
        next=list(_next(row, kept, found, actor)),
        backup_at=host.vm.last_backup_at if host.vm else None,
        proof=proof,
    )


def _next(row: HostRisk, kept: Readiness | None, found: Risk, actor: Actor | None) -> Iterator[tuple[str, str]]:
    host = row.host
    machine = (host.vm or host).get_absolute_url()
    if found.owned is Owned.NOBODY:
        yield "Find its owner", machine
    elif found.owned is Owned.UNCONFIRMED:
        yield "Ask its owner", machine
    if kept is None:
        yield "Let it be asked", host.get_absolute_url()
    elif found.verdict in (Verdict.STALE, Verdict.UNKNOWN):
        yield "Ask it now", kept.get_absolute_url()
    elif found.verdict is not Verdict.GREEN:
        yield "Read what speaks against it", kept.get_absolute_url()
    elif actor and found.up in risk.DAYS and (reboot := reboot_url(host, actor)):
        yield "Reboot it while people watch", reboot
    if found.proven is Proven.FAILED:
        yield "Read what its clone said", reverse("change", args=[host.proof.change_id])
    elif actor and host.vm_id and found.proven is not Proven.RECENTLY and (prove := proof_url(host, actor)):
        yield "Boot a clone of it", prove


def counts(actor: Actor) -> Counts:
    """Of all hosts that the person sees; one query, along an index."""
    seen = on_hosts_seen_by(actor, HostRisk.objects.order_by())
    rows = list(seen.values_list(*LEVELS).annotate(hosts=Count("*")))

    def many(**wanted: Collection[str]) -> int:
        return sum(row[-1] for row in rows if all(row[LEVELS.index(name)] in of for name, of in wanted.items()))

    def choices(name: str, words: Mapping[str, str]) -> list[Choice]:
        found = [
            Choice(word, said, many(**{name: risk.at_least(Up(word)) if name == "up" else (word,)}))
            for word, said in words.items()
        ]
        return [choice for choice in found if choice.count]

    verdicts = {v.value: f"{label.glyph} {label.word}" for v, label in risk.VERDICT_LABELS.items()}
    levels = {c.value: f"{CRITICALITY_LABELS[c].glyph} {c.value}" for c in reversed(Criticality)}
    return Counts(
        hosts=many(),
        forgotten=many(up=risk.at_least(Up.HALF), owned=(Owned.NOBODY,), criticality=(Criticality.CRITICAL,)),
        up=choices("up", {up.value: words for up, words in risk.UP_WORDS.items()}),
        verdict=choices("verdict", verdicts),
        owned=choices("owned", {owned.value: words for owned, words in risk.OWNED_WORDS.items()}),
        criticality=choices("criticality", levels),
        proven=choices("proven", {proven.value: words for proven, words in risk.PROVEN_WORDS.items()}),
    )


FORGOTTEN = "?criticality=critical&owned=nobody&up=half-year"


def forgotten(actor: Actor) -> int:
    """Critical hosts that were not rebooted for half a year, and are nobody's; FORGOTTEN lists them."""
    return risk_list(actor, Filters.of(dict(parse_qsl(FORGOTTEN[1:])))).order_by().count()


def sites(actor: Actor) -> list[str]:
    """Of all hosts, asked or not."""
    return sites_of(hosts_seen_by(actor))
