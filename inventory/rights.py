"""Who sees which machine: said here and nowhere else.

Viewers, approvers, operators and administrators see every machine. Whoever is a requester and nothing else sees, and
asks for, what belongs to the owners whom they belong to: as a member, or as a deputy on the days named. What nobody
owns is seen by those who see everything, among them those who may give it an owner.

Each function gives a queryset to go on from, without asking the database by itself; what is not in it is not there:
a page answers 404, a list leaves it out, a sum does not count it. Of changes: `changes.rights`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import BooleanField, Exists, ExpressionWrapper, Model, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from inventory.models import Host, HostQuerySet, Membership, Owner, Vm
from people.actor import Actor

Row = TypeVar("Row", bound=Model)
Rows = TypeVar("Rows", bound=QuerySet[Any])

WAY_BROKEN = "The way to it is broken; somebody who sees the host that it is reached through can tell more."

SETTLED = timedelta(days=7)
"""So long whoever was added to an owner's people does not help whoever added them."""


def hosts_seen_by(actor: Actor) -> HostQuerySet:
    """A host that is a VM is its VM's owner's."""
    return Host.objects.all() if actor.sees_all else Host.objects.of_owner(Q(pk__in=_owners(actor)))


def jumps_told(hosts: HostQuerySet, actor: Actor) -> HostQuerySet:
    """With `jump_seen`: whether the person sees the host that each is reached through, and may read its name.

    With `way_seen` as well.
    """
    hosts = ways_told(hosts, actor)
    if actor.sees_all:
        return hosts.annotate(jump_seen=Value(True))
    return hosts.annotate(jump_seen=Exists(hosts_seen_by(actor).filter(pk=OuterRef("jump_id"))))


def ways_told(rows: Rows, actor: Actor, host: str = "") -> Rows:
    """With `way_seen`: whether the person sees all that each host is reached through. host: as `host__` of the rows."""
    if actor.sees_all:
        return rows.annotate(way_seen=Value(True))
    seen = Q(**{f"{host}jump__isnull": True}) | Q(Exists(_last_jumps(actor).filter(pk=OuterRef(f"{host}jump_id"))))
    return rows.annotate(way_seen=ExpressionWrapper(seen, BooleanField()))


def error_told(actor: Actor, host: Host, error: str, row: Model | None = None) -> str:
    """Why a host could not be asked, as far as this person may read it: it may name the hosts on the way.

    Asks the database only where `row`, or the host, has no `way_seen` and the host is reached through another one.
    """
    if not error or actor.sees_all or host.jump_id is None:
        return error
    seen = getattr(row or host, "way_seen", None)
    if seen is None:
        seen = _last_jumps(actor).filter(pk=host.jump_id).exists()
    return error if seen else WAY_BROKEN


def _last_jumps(actor: Actor) -> QuerySet[Host]:
    """Hosts that the person sees and that are reached through no other one: an error may name any on the way."""
    return hosts_seen_by(actor).filter(jump__isnull=True)


def vms_seen_by(actor: Actor) -> QuerySet[Vm]:
    return Vm.objects.all() if actor.sees_all else Vm.objects.filter(owner__in=_owners(actor))


def owners_seen_by(actor: Actor) -> QuerySet[Owner]:
    return Owner.objects.all() if actor.sees_all else Owner.objects.filter(pk__in=_owners(actor))


def on_hosts_seen_by(actor: Actor, rows: QuerySet[Row], host: str = "host") -> QuerySet[Row]:
    """Rows of what hangs on a host, by the name of their field for it."""
    return rows if actor.sees_all else rows.filter(**{f"{host}__in": hosts_seen_by(actor)})


def memberships(day: date | None = None) -> QuerySet[Membership]:
    """Who belongs to which owner on a day (today, if none is given): members, and deputies on their days."""
    day = day or timezone.localdate()
    begun = Q(since__isnull=True) | Q(since__lte=day)
    lasting = Q(until__isnull=True) | Q(until__gte=day)
    return Membership.objects.filter(begun, lasting, user__is_active=True)


def put_there_by(people: Collection[int], since: datetime) -> QuerySet[Membership]:
    """Who was added to an owner's people by one of these, and later than that."""
    return Membership.objects.filter(added_by__in=people, added_at__gt=since)


def _owners(actor: Actor) -> QuerySet[Owner]:
    """Nobody's, where the account is switched off."""
    mine = memberships().filter(user=actor.id) if actor.active else memberships().none()
    return Owner.objects.filter(pk__in=mine.values("owner"))
