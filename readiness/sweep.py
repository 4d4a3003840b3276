"""Asks hosts whether they would come back: whoever is due, a few at once, each over a connection of its own.

It takes a host tens of seconds at the lowest priority, so few are asked at a time, once a day. A host is leased while
it is asked, and left alone while a change holds it. The one thread that reads and writes the database hands targets to
threads that speak SSH and know no database.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from changes.models import Lock
from execution.leases import database_now
from inventory.connect import Targets, note_strange_key
from inventory.models import Host
from readiness.asking import known_of
from readiness.judges.checks import findings
from readiness.models import Readiness
from readiness.services import HELD, LEASE, Heard, readiness_enrol, readiness_record
from ssh.facts import Fact, FactError, SessionAsk
from ssh.paramiko_session import Target, connect
from ssh.session import HostKeyUnknown, Session, SessionError
from ssh.without_sudo import WithoutSudo

T = TypeVar("T")
Back = tuple[Heard, HostKeyUnknown | None]


def sweep(within: float = 60.0) -> int:
    """One round: hosts are set out for during `within` seconds, and all that were are waited for. How many."""
    readiness_enrol()
    owner, until, asked = uuid.uuid4().hex, time.monotonic() + within, 0
    out: dict[Future[Back], int] = {}
    held: set[int] = set()
    """Hosts that a change holds, of those that are out: each thread looks here before every question."""
    with ThreadPoolExecutor(settings.READINESS_HANDS, "readiness") as threads:
        while True:
            free = settings.READINESS_HANDS - len(out) if time.monotonic() < until else 0
            for host, target, days in _claimed(owner, free) if free else ():
                held.discard(host.pk)
                out[threads.submit(ask, host.pk, target, host.sudo, days, partial(held.__contains__, host.pk))] = (
                    host.pk
                )
            if not out:
                return asked
            done, _ = wait(out, timeout=1.0, return_when=FIRST_COMPLETED)
            asked += len(done)
            _keep([future.result() for future in done], owner)
            for future in done:
                out.pop(future)
            held |= held_of(out.values())


class TakenByAChange(Exception):
    """A change holds the host meanwhile."""


@dataclass(frozen=True, slots=True)
class AskUnlessHeld:
    """Asks over a session, each question only while no change holds the host. Raises TakenByAChange."""

    session: Session
    held: Callable[[], bool]

    def __call__(self, fact: Fact[T]) -> T:
        if self.held():
            raise TakenByAChange
        return SessionAsk(self.session)(fact)


def ask(host_id: int, target: Target, sudo: bool, backup_days: float | None, held: Callable[[], bool]) -> Back:
    """One host, in a thread of its own; raises nothing."""
    try:
        with connect(target) as session:
            known = known_of(AskUnlessHeld(session if sudo else WithoutSudo(session), held), backup_days)
        return Heard(host_id, known.facts.machine, findings(known)), None
    except TakenByAChange:
        return Heard(host_id, held=True), None
    except HostKeyUnknown as error:
        return Heard(host_id, error=str(error)), error
    except (SessionError, FactError) as error:
        return Heard(host_id, error=str(error)), None
    except Exception as error:  # one host's answer must not end the round of all others
        sentence = f"Regroup could not read the answer of {target.name}: {type(error).__name__}: {error}"
        return Heard(host_id, error=sentence), None


def _keep(backs: list[Back], owner: str) -> None:
    for heard, strange in backs:
        host = Host.objects.filter(pk=heard.host_id).first() if strange else None
        if host and strange:
            note_strange_key(host, strange)
    if backs:
        readiness_record([heard for heard, _ in backs], owner, timezone.now())


def _claimed(owner: str, most: int) -> Iterator[tuple[Host, Target, float | None]]:
    """Hosts whose turn it is, with the way to each; what stands in the way is kept as an attempt in vain."""
    targets, now = Targets(), timezone.now()
    hosts = Host.objects.filter(pk__in=claim(owner, most))
    for host in hosts.select_related("credential", "vm").prefetch_related("keys"):
        try:
            yield host, targets.of(host), _backup_days(host, now)
        except (SessionError, ValueError) as error:  # ValueError: a key that is none
            readiness_record([Heard(host.pk, error=str(error))], owner, now)


def _backup_days(host: Host, now: datetime) -> float | None:
    at = host.vm.last_backup_at if host.vm else None
    return (now - at).total_seconds() / 86_400 if at else None


def claim(owner: str, most: int) -> list[int]:
    """Lease hosts that are due, that nobody asks and that no change holds; their numbers."""
    now = database_now()
    free = Q(lease_owner="") | Q(lease_until__lt=now)
    due = Readiness.objects.filter(free, next_at__lte=now).order_by("next_at")
    hosts = list(due.values_list("host_id", flat=True)[:most])
    held = held_of(hosts)
    Readiness.objects.filter(free, pk__in=held).update(next_at=now + HELD)
    ids = [pk for pk in hosts if pk not in held]
    Readiness.objects.filter(free, pk__in=ids).update(lease_owner=owner, lease_until=now + LEASE)
    return list(Readiness.objects.filter(pk__in=ids, lease_owner=owner).values_list("host_id", flat=True))


def held_of(hosts: Collection[int]) -> set[int]:
    """Those of these hosts that a change holds."""
    if not hosts:
        return set()
    keys = {f"host:{name}": pk for pk, name in Host.objects.filter(pk__in=hosts).values_list("pk", "name")}
    return {keys[key] for key in Lock.objects.filter(key__in=keys, holder__isnull=False).values_list("key", flat=True)}
