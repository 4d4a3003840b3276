"""Who sees which change: said here and nowhere else, on top of who sees which machine (`inventory.rights`).

Whoever sees every machine sees every change. A requester and nothing else sees what they asked for, what is about a
machine of theirs (its VM, or the host that it is done on), and what they are asked to decide. A rollout is seen by
whoever asked for it or sees a change in it; of its changes each sees their own.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from changes.models import Change, Decider, Rollout
from inventory.rights import hosts_seen_by, vms_seen_by
from people.actor import Actor


def changes_seen_by(actor: Actor) -> QuerySet[Change]:
    if actor.sees_all:
        return Change.objects.all()
    if not actor.active:
        return Change.objects.none()
    asked = Decider.objects.filter(Q(user=actor.id) | Q(role__in=actor.roles)).values("change")
    theirs = Q(host__in=hosts_seen_by(actor)) | Q(vm__in=vms_seen_by(actor))
    return Change.objects.filter(Q(requester=actor.id) | theirs | Q(pk__in=asked))


def rollouts_seen_by(actor: Actor) -> QuerySet[Rollout]:
    if actor.sees_all:
        return Rollout.objects.all()
    seen = changes_seen_by(actor).filter(part__isnull=False).values("part__rollout")
    return Rollout.objects.filter(Q(requester=actor.id) | Q(pk__in=seen))


def may_ask_for(actor: Actor, host_id: int, vm_id: int | None, hosts: Collection[str]) -> bool:
    """Whether the person sees every machine that a request names: its host, its VM, and `hosts` by name."""
    if actor.sees_all:
        return True
    names = set(hosts)
    seen = hosts_seen_by(actor).filter(Q(pk=host_id) | Q(name__in=names)).values_list("pk", "name")
    known = dict(seen)
    vm = vm_id is None or vms_seen_by(actor).filter(pk=vm_id).exists()
    return vm and host_id in known and names <= set(known.values())
