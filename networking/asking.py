"""Somebody wants the fleet, or one host, to be seen now: written down, and rung for."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from changes.models import Change
from execution.doorbell import give
from execution.facts import wish_after
from inventory.models import Host
from inventory.states import HostTrust
from networking.models import HostNetwork, SweepWish
from people.actor import Actor

KEPT = timedelta(days=1)


class NothingToAsk(Exception):
    """No host can be asked; the message is a sentence for a person."""


@transaction.atomic
def ask(host: Host | None = None, by: Actor | None = None) -> SweepWish:
    """Have the host, or every host of the fleet, asked as soon as a worker can. Raises NothingToAsk.

    A host by itself is asked for all of it, its files too; a whole fleet as in every round.
    """
    able = Host.objects.of_trust(HostTrust.TRUSTED).filter(credential__isnull=False)
    able = able.filter(pk=host.pk) if host else able
    enrol(able.values_list("pk", flat=True).filter(network__isnull=True))
    now = timezone.now()
    due = HostNetwork.objects.filter(host__in=able)
    total = due.update(next_at=now, **({"full_at": None, "files_at": None} if host else {}))
    if not total and host:
        raise NothingToAsk(f"{host} cannot be asked: it needs a trusted host key and a way to sign in.")
    if not total:
        raise NothingToAsk("No host can be asked yet: each needs a trusted host key and a way to sign in.")
    SweepWish.objects.filter(asked_at__lt=now - KEPT).delete()
    wish = SweepWish.objects.create(asked_by_id=by.id if by else None, host=host, asked_at=now, total=total)
    transaction.on_commit(ring)
    return wish


def ask_after(number: int) -> None:
    """The host of a change whose run has ended is seen at once, so that pages show what it is like now."""
    wish_after(number)
    with suppress(NothingToAsk):
        ask(Change.objects.select_related("host").get(pk=number).host)


def enrol(hosts: Iterable[int] | None = None) -> None:
    """Hosts with a trusted key and a way to sign in are part of the fleet from now on; all such, or those given."""
    if hosts is None:
        able = Host.objects.of_trust(HostTrust.TRUSTED).filter(credential__isnull=False, network__isnull=True)
        hosts = able.values_list("pk", flat=True)
    rows = [HostNetwork(host_id=pk) for pk in hosts]
    HostNetwork.objects.bulk_create(rows, ignore_conflicts=True)


def ring() -> None:
    """Tell a worker. A lost hint costs seconds: beat rings all the time."""
    from networking import tasks  # noqa: PLC0415  # tasks import the sweep

    give(tasks.sweep)
