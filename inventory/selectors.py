"""Reading the inventory, as far as a person sees it (`inventory.rights`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from inventory.counting import holding
from inventory.models import Host, HostQuerySet, Owner, Vm
from inventory.paging import clean
from inventory.rights import hosts_seen_by, jumps_told, memberships, owners_seen_by, vms_seen_by
from inventory.states import HostTrust
from people.actor import Actor

MOST_HITS = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found by the search box. kind is `host`, `vm` or `owner`; note says which it is, in words."""

    kind: str
    label: str
    note: str
    url: str


def host_list(actor: Actor, *, text: str = "", trust: str = "", owner: str = "") -> HostQuerySet:
    """Hosts with what a list shows, filtered; values that mean nothing find nothing."""
    hosts = hosts_shown(hosts_seen_by(actor), actor)
    if text:
        hosts = hosts.matching(text)
    if trust:
        hosts = hosts.of_trust(HostTrust(trust)) if trust in set(HostTrust) else hosts.none()
    if owner:
        hosts = hosts.of_owner(Q(name__iexact=owner))
    return hosts


def hosts_shown(hosts: HostQuerySet, actor: Actor) -> HostQuerySet:
    """With all that a list says of each to this person."""
    told = jumps_told(hosts, actor).with_trust()
    return told.select_related("vm__owner", "owner", "facts", "jump").defer("facts__facts")


def host_by_name(name: str, actor: Actor) -> Host:
    """Raises Host.DoesNotExist, also where the person does not see it."""
    return (
        jumps_told(hosts_seen_by(actor), actor)
        .select_related("vm__owner", "owner", "credential", "jump", "facts")
        .get(name__iexact=clean(name))
    )


def vm_list(actor: Actor, *, text: str = "") -> QuerySet[Vm]:
    vms = vms_seen_by(actor).select_related("owner", "host")
    if text:
        words = Q(name__icontains=text) | Q(service__icontains=text) | Q(tags__icontains=text)
        owners = Owner.objects.order_by().filter(name__icontains=text)
        own, theirs = (Vm.objects.order_by().filter(part).values("pk") for part in (words, Q(owner__in=owners)))
        vms = holding(vms, own.union(theirs, all=True), words | Q(owner__name__icontains=text))
    return vms


def vm_by_name(name: str, actor: Actor) -> Vm:
    """Raises Vm.DoesNotExist, also where the person does not see it."""
    return vms_seen_by(actor).select_related("owner").get(name__iexact=clean(name))


def owner_list(actor: Actor, *, text: str = "") -> QuerySet[Owner]:
    vms = Vm.objects.filter(owner=OuterRef("pk")).order_by().values("owner").annotate(count=Count("*")).values("count")
    owners = owners_seen_by(actor).annotate(vm_count=Coalesce(Subquery(vms), 0))
    return owners.filter(Q(name__icontains=text) | Q(email__icontains=text)) if text else owners


def owners_of(user_id: int, day: date | None = None) -> frozenset[int]:
    """Keys of the owners to which a person belongs on a day."""
    return frozenset(memberships(day).filter(user_id=user_id).values_list("owner_id", flat=True))


def people_of(owner_id: int, day: date | None = None) -> frozenset[int]:
    """Keys of the people who belong to an owner on a day, deputies among them."""
    return frozenset(memberships(day).filter(owner_id=owner_id).values_list("user_id", flat=True))


def search(text: str, actor: Actor, most: int = MOST_HITS) -> list[Hit]:
    """Hosts, VMs and owners that the person sees, with the text in name, address or service; `most` of each kind."""
    text = clean(text)
    if not text:
        return []
    hosts, vms = hosts_seen_by(actor).matching(text)[:most], vm_list(actor, text=text)[:most]
    owners = owner_list(actor, text=text)[:most]
    return [
        *(Hit("host", host.name, f"host at {host.address}", host.get_absolute_url()) for host in hosts),
        *(Hit("vm", vm.name, f"VM of {vm.owner or 'nobody known'}", vm.get_absolute_url()) for vm in vms),
        *(Hit("owner", o.name, f"owner, {o.get_kind_display()}", o.get_absolute_url()) for o in owners),
    ]
