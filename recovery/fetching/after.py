"""What a fetch leaves in Regroup: the clone as a host, with the keys that the hypervisor was told by its agent.

Whoever is root in the clone chooses what its agent tells. So nothing that it tells may make a second host of a machine
that is one already, with the sign-in of the host that was named: then it is left to a person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.core.exceptions import ValidationError
from django.db import transaction

from changes.models import Change
from changes.plan import Json
from changes.states import State
from execution.facts import wish as ask_facts
from execution.facts import wish_after
from execution.models import DO, Run, StepRun
from inventory.models import Credential, ExpectedKey, Host, HostKey
from inventory.services import host_create, host_key_offer, host_key_trust
from inventory.states import KeyState
from people.actor import Actor
from people.selectors import actor_of
from recovery.fetching.wish import Wish
from recovery.handback.asking import handed_back
from recovery.kind import KIND as RECOVERY
from ssh.hostkeys import PinnedKey, parse_public_key

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
    address = wish.address or _told_address(told.get("addresses", ()))
    like = Host.objects.select_related("credential").filter(name=wish.like).first()
    if not address or like is None or run.started_by is None or Host.objects.filter(name__iexact=wish.name).exists():
        return
    keys = [parse_public_key(line) for line in told.get("host_keys", ())]
    try:
        _no_other(address, wish.port, keys)
        host = _host(change, wish, address, like, actor_of(run.started_by), keys)
    except ValidationError as error:
        log.warning("change #%s: %s was not added to the hosts: %s", change.pk, wish.name, "; ".join(error.messages))
        return
    ask_facts(host)


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    """The address; of an IPv4 address that is written as IPv6 the IPv4 address. None where it is none."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _told_address(told: Iterable[str]) -> str:
    """The first one that a clone can be reached at: never a name, nor what would be the worker itself."""
    for found in map(_ip, told):
        if found and not (found.is_loopback or found.is_unspecified or found.is_link_local or found.is_multicast):
            return str(found)
    return ""


def _no_other(address: str, port: int, keys: Iterable[PinnedKey]) -> None:
    """Raises ValidationError where another host has the address, or one of the keys, seen or given by an import."""
    wanted, shown = _ip(address), [key.fingerprint() for key in keys]
    places = Host.objects.filter(port=port).values_list("name", "address")
    for name in (name for name, other in places.iterator() if wanted and _ip(other) == wanted):
        raise ValidationError(f"{name} has the address {address} already.")
    rows = HostKey.objects.exclude(state=KeyState.REVOKED), ExpectedKey.objects
    for known in rows:
        if key := known.filter(fingerprint__in=shown).select_related("host").first():
            raise ValidationError(f"its agent told the host key {key.fingerprint}, which is {key.host}'s.")


@transaction.atomic
def _host(change: Change, wish: Wish, address: str, like: Host, by: Actor, keys: Iterable[PinnedKey]) -> Host:
    """Raises ValidationError: what the model refuses, or a sign-in that the clone would see."""
    if like.credential is None or like.credential.kind == Credential.Kind.PASSWORD:
        raise ValidationError(f"{like} is not signed in to with a key any more.")
    host = host_create(
        by=by, name=wish.name, address=address, port=wish.port, user=like.user, sudo=like.sudo,
        credential=like.credential, jump=like.jump, owner=change.vm.owner if change.vm else None,
        note=f"Cloned by change #{change.pk}, for what was on {wish.vm}.",
    )  # fmt: skip
    for shown in keys:
        key = host_key_offer(host, shown, source=HostKey.Source.HYPERVISOR, by=by)
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
