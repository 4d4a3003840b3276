"""Which hypervisors and VMs there are, by what hosts said of themselves when they were last asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from inventory.models import Host, Vm
from inventory.rights import hosts_seen_by
from people.actor import Actor
from readiness.proof.wish import UUID, clone_of, same_name, short

MOST = 2000
"""VMs to choose from in a form; others are named over the API."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A VM as its hypervisor had it when it was last asked."""

    hypervisor: str
    uuid: str
    name: str
    power: str

    @property
    def key(self) -> str:
        return f"{self.hypervisor}/{self.uuid}"


def vms_seen(actor: Actor, hypervisor: str = "") -> Iterator[Seen]:
    """VMs of the hypervisors that the person sees, or of one of them; clones of ours are left out."""
    hosts = hosts_seen_by(actor).filter(facts__facts__fetch__has_key="vms").select_related("facts").order_by("name")
    for host in hosts.filter(name=hypervisor) if hypervisor else hosts:
        for vm in vms_of(host):
            yield Seen(host.name, str(vm.get("uuid", "")), str(vm.get("name", "")), str(vm.get("power", "")))


def vms_of(host: Host) -> list[dict[str, object]]:
    """As another kind of change has stored them."""
    kept = (host.facts.facts or {}).get("fetch") or {}
    told = {str(vm.get("uuid", "")): vm for vm in kept.get("vms") or []}
    ours = {clone_of(uuid) for uuid in told}
    return [vm for uuid, vm in told.items() if UUID.fullmatch(uuid) and uuid not in ours]


def likely(host: Host, among: list[Seen]) -> Seen | None:
    """The one VM that is called as the host, or as its VM in the inventory."""
    names = {
        host.name.casefold(),
        host.name.partition(".")[0].casefold(),
        *([host.vm.name.casefold()] if host.vm else []),
    }
    found = [vm for vm in among if vm.name.casefold() in names]
    return found[0] if len(found) == 1 else None


def not_its_own(proves: Host, vm: str) -> str:
    """Why the libvirt VM of this name is no proof of the host: it is another machine. Empty where it may be.

    Whoever it is called as has the say. Where two are called as it equally well, either may be it.
    """
    mine = max(same_name(name, vm) for name in (proves.name, *([proves.vm.name] if proves.vm else [])))
    called = Q(name__iexact=short(vm)) | Q(name__istartswith=f"{short(vm)}.")
    hosts = Host.objects.filter(called).exclude(pk=proves.pk)
    others = (*hosts.values_list("name", flat=True), *Vm.objects.filter(called).values_list("name", flat=True))
    nearest = max((same_name(name, vm) for name in others), default=0)
    return f"{vm} is a machine of its own in Regroup: prove it as that." if nearest > mine else ""
