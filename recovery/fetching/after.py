"""What a fetch leaves in Regroup: the clone as a host, with the keys that the hypervisor was told by its agent."""

from __future__ import annotations

import logging

from django.core.exceptions import ValidationError
from django.db import transaction

from changes.models import Change
from changes.plan import Json
from changes.states import State
from execution.facts import wish as ask_facts
from execution.facts import wish_after
from execution.models import DO, Run, StepRun
from inventory.models import Host, HostKey
from inventory.services import host_create, host_key_offer, host_key_trust
from people.actor import Actor
from people.selectors import actor_of
from recovery.fetching.wish import Wish
from recovery.handback.asking import handed_back
from recovery.kind import KIND as RECOVERY
from ssh.hostkeys import parse_public_key

log = logging.getLogger(__name__)
OVER = (State.UNDONE, State.REJECTED, State.WITHDRAWN, State.EXPIRED, State.REFUSED, State.DRAFT, State.PLANNED)


def ended(number: int) -> None:
    """A fetch was run, or undone: its hosts are asked anew, and the clone of one that succeeded becomes a host."""
    wish_after(number)
    change = Change.objects.select_related("vm").get(pk=number)
    wish = Wish.from_json(change.params)
    if change.state is State.SUCCEEDED and wish.template and wish.like:
        _add(change, wish)


def _add(change: Change, wish: Wish) -> None:
    run = Run.objects.select_related("started_by").filter(change=change).latest("pk")
    told = found_of(change)
    address = wish.address or next(iter(told.get("addresses", ())), "")
    like = Host.objects.filter(name=wish.like).first()
    if not address or like is None or run.started_by is None or Host.objects.filter(name__iexact=wish.name).exists():
        return
    try:
        host = _host(change, wish, address, like, actor_of(run.started_by), told)
    except ValidationError as error:
        log.warning("change #%s: %s was not added to the hosts: %s", change.pk, wish.name, "; ".join(error.messages))
        return
    ask_facts(host)


@transaction.atomic
def _host(change: Change, wish: Wish, address: str, like: Host, by: Actor, told: dict[str, Json]) -> Host:
    host = host_create(
        by=by, name=wish.name, address=address, port=wish.port, user=like.user, sudo=like.sudo,
        credential=like.credential, jump=like.jump, owner=change.vm.owner if change.vm else None,
        note=f"Cloned by change #{change.pk}, for what was on {wish.vm}.",
    )  # fmt: skip
    for line in told.get("host_keys", ()):
        key = host_key_offer(host, parse_public_key(line), source=HostKey.Source.HYPERVISOR, by=by)
        host_key_trust(key, key.fingerprint, by=by)
    return host


def found_of(change: Change) -> dict[str, Json]:
    """What the clone's agent told, empty before it did."""
    row = StepRun.objects.filter(run__change=change, phase=DO, key="answer").last()
    return dict(row.found) if row else {}


def stays(number: int) -> str:
    """Why a fetch cannot be undone now, as a sentence: somebody works on what is on the disks. Empty where it can."""
    change = Change.objects.get(pk=number)
    host = change.plan.settings["name"] if change.plan else ""
    rows = Change.objects.filter(kind=RECOVERY.key, vm=change.vm, host__name=host).exclude(status__in=OVER)
    for recovery in rows.exclude(status=State.CLOSED).order_by("-pk"):
        if handed_back(recovery) is None:
            return (
                f"Recovery #{recovery.pk} stands on {host} with these disks. Hand it back, or undo it, and then undo"
                " this."
            )
    return ""
