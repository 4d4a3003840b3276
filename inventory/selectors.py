"""Reading the inventory."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from inventory.models import Host, HostQuerySet, Owner, Vm
from inventory.paging import clean
from inventory.states import HostTrust

MOST_HITS = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found by the search box. kind is `host`, `vm` or `owner`; note says which it is, in words."""

    kind: str
    label: str
    note: str
    url: str


def host_list(*, text: str = "", trust: str = "", owner: str = "") -> HostQuerySet:
    """Hosts with what a list shows, filtered; values that mean nothing find nothing."""
    hosts = Host.objects.with_trust().select_related("vm__owner", "facts", "jump").defer("facts__facts")
    if text:
        hosts = hosts.matching(text)
    if trust:
        hosts = hosts.of_trust(HostTrust(trust)) if trust in set(HostTrust) else hosts.none()
    if owner:
        hosts = hosts.filter(vm__owner__name__iexact=owner)
    return hosts


def host_by_name(name: str) -> Host:
    """Raises Host.DoesNotExist."""
    return Host.objects.select_related("vm__owner", "credential", "jump", "facts").get(name__iexact=clean(name))


def vm_list(*, text: str = "") -> QuerySet[Vm]:
    vms = Vm.objects.select_related("owner", "host")
    if text:
        vms = vms.filter(Q(name__icontains=text) | Q(service__icontains=text) | Q(owner__name__icontains=text))
    return vms


def vm_by_name(name: str) -> Vm:
    """Raises Vm.DoesNotExist."""
    return Vm.objects.select_related("owner").get(name__iexact=clean(name))


def owner_list(*, text: str = "") -> QuerySet[Owner]:
    owners = Owner.objects.annotate(vm_count=Count("vms"))
    return owners.filter(Q(name__icontains=text) | Q(email__icontains=text)) if text else owners


def search(text: str, most: int = MOST_HITS) -> list[Hit]:
    """Hosts, VMs and owners whose name, address or service holds the text; `most` of each kind."""
    text = clean(text)
    if not text:
        return []
    hosts, vms, owners = host_list(text=text)[:most], vm_list(text=text)[:most], owner_list(text=text)[:most]
    return [
        *(Hit("host", host.name, f"host at {host.address}", host.get_absolute_url()) for host in hosts),
        *(Hit("vm", vm.name, f"VM of {vm.owner or 'nobody known'}", vm.get_absolute_url()) for vm in vms),
        *(Hit("owner", o.name, f"owner, {o.get_kind_display()}", o.get_absolute_url()) for o in owners),
    ]
