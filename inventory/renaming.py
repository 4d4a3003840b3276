"""A machine gets another name, or turns out to be one with another: nothing that was decided about it is lost.

Rows are told apart by key, so changes and audit entries go on pointing. What floors above keep by *name* (the locks of
hosts, whose fences may only grow) they carry over themselves: `register`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from inventory.models import Asking, Host, Vm
from inventory.services import record_edit
from inventory.states import KeyState
from people.actor import Actor

Machine = Host | Vm


@dataclass(frozen=True, slots=True)
class Follower:
    """What a floor above has to do with names.

    busy        why a machine may not be renamed or merged now, as a sentence; empty if it may
    renamed     a machine had another name until now: (row, old name)
    taken_over  all that points at the second row is the first one's from now on
    """

    busy: Callable[[Machine], str]
    renamed: Callable[[Machine, str], None]
    taken_over: Callable[[Machine, Machine], None]


_FOLLOWERS: list[Follower] = []


def register(follower: Follower) -> None:
    """Called in an AppConfig.ready()."""
    if follower not in _FOLLOWERS:
        _FOLLOWERS.append(follower)


def busy(row: Machine) -> str:
    """Why the machine keeps its name for now; empty if it need not."""
    return next((sentence for each in _FOLLOWERS if (sentence := each.busy(row))), "")


def renamed(row: Machine, old: str) -> None:
    """To be called in the transaction that gives the machine its new name."""
    for each in _FOLLOWERS:
        each.renamed(row, old)


@transaction.atomic
def machine_merge(kept: Any, gone: Any, *, by: Actor) -> None:
    """Two rows are one machine: `gone` goes, and what points at it points at `kept`. Raises ValidationError."""
    if type(kept) is not type(gone) or kept.pk == gone.pk:
        raise ValidationError("Name another machine of the same sort; this one cannot be merged into itself.")
    for row in (kept, gone):
        if sentence := busy(row):
            raise ValidationError(sentence)
    (_merge_hosts if isinstance(kept, Host) else _merge_vms)(kept, gone, by)
    kind, was = str(kept._meta.model_name), {"from": gone.name, "from_id": gone.pk}
    Asking.objects.filter(**{kind: gone}).update(**{kind: kept})
    for each in _FOLLOWERS:
        each.taken_over(kept, gone)
    if kept.owner_id is None and gone.owner_id is not None:
        kept.owner = gone.owner
        kept.owner_moved()
        kept.owner_given(by)
        kept.save()
    record_edit(f"{kind}.merge", kept, by, was)
    record_edit(f"{kind}.merged_into", gone, by, {"into": kept.name, "into_id": kept.pk})
    gone.delete()


def _merge_hosts(kept: Host, gone: Host, by: Actor) -> None:
    keys = [set(row.keys.filter(state=KeyState.TRUSTED).values_list("fingerprint", flat=True)) for row in (kept, gone)]
    if all(keys) and not keys[0] & keys[1]:
        raise ValidationError(f"{kept} and {gone} have different trusted host keys, so they are two machines.")
    if kept.jump_id == gone.pk:
        raise ValidationError(f"{kept} is reached through {gone}, so they are two machines.")
    gone.behind.exclude(pk=kept.pk).update(jump=kept)
    vm = gone.vm
    if vm and not kept.vm_id:  # else the VM is a row without a host, and may be merged in its turn
        Host.objects.filter(pk=gone.pk).update(vm=None)
        kept.vm = vm
        kept.owner_given(by)
        kept.save(update_fields=["vm", "given_by", "given_at"])


def _merge_vms(kept: Vm, gone: Vm, by: Actor) -> None:
    hosts = [Host.objects.filter(vm=row).first() for row in (kept, gone)]
    if all(hosts):
        raise ValidationError(f"{kept} is the host {hosts[0]} and {gone} the host {hosts[1]}. Merge the hosts first.")
    for host in Host.objects.filter(vm=gone):  # one at most
        host.vm = kept
        host.owner_given(by)
        host.save(update_fields=["vm", "given_by", "given_at"])
