"""Writing readiness: who is to be asked, and what came of it. A row of history only where a verdict changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.services import record
from audit.text import storable
from inventory.models import Host
from inventory.states import HostTrust
from notices.hearing import readiness_turned
from people.actor import Actor
from readiness.facts.values import Machine
from readiness.judges.checks import reasons, unknowns, verdict
from readiness.judges.finding import Finding, cut
from readiness.judges.proof import KEY as PROOF
from readiness.judges.proof import finding_of
from readiness.lights import Light, rank
from readiness.models import Readiness, ReadinessDetail, ReadinessMove
from readiness.selectors import proven_of
from readiness.weighing import risk_weigh

FIRST_AFTER = timedelta(minutes=10)
"""A host that can be asked for the first time has other things to do: its first facts, its first change."""
LEASE = timedelta(minutes=10)
"""Longer than any host can take: each of its two answers has a limit of its own."""
HELD = timedelta(minutes=5)
"""A host that a change holds is looked for again then."""
BETWEEN = timedelta(minutes=5)
"""So long after a wish a host is not asked again by another one: it costs the host its disks' attention."""
MOST_MISSES = 5
MOST_ERROR = 500
MOST_REASONS = 5
RETRY = timedelta(minutes=15)
"""Each attempt that fails doubles the time until the next one, up to 2 to the power of MOST_MISSES."""


class NothingToAsk(Exception):
    """The host cannot be asked; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking a host: the machine and its findings, or the sentence why there are none.

    held  a change took the host before it was asked, so it is asked later and nothing is known of it
    """

    host_id: int
    machine: Machine | None = None
    findings: tuple[Finding, ...] = ()
    error: str = ""
    held: bool = False


@transaction.atomic
def readiness_ask(host: Host, by: Actor) -> Readiness:
    """Have a host asked as soon as a worker can; the audit keeps who wanted it. Raises NothingToAsk.

    Who wants it while it is being asked is given the same row.
    """
    if not Host.objects.of_trust(HostTrust.TRUSTED).filter(pk=host.pk, credential__isnull=False).exists():
        raise NothingToAsk(f"{host} cannot be asked: it needs a trusted host key and a way to sign in.")
    if host.simulated:
        raise NothingToAsk(f"{host} is simulated: it has no kernel, no disk and no init that could be looked at.")
    now = timezone.now()
    kept = Readiness.objects.select_for_update().filter(host=host).first()
    if kept and kept.asking:
        return kept
    if kept and kept.asked_at and now < kept.asked_at + BETWEEN:
        again = (kept.asked_at + BETWEEN).astimezone(UTC)
        raise NothingToAsk(f"{host} was asked a moment ago. It can be asked again from {again:%H:%M:%S} UTC on.")
    row, _ = Readiness.objects.update_or_create(
        host=host, defaults={"next_at": now, "asked_at": now, "asked_by_id": by.id}
    )
    record(
        "readiness.ask", actor_id=by.id, actor_name=by.username, kind="host", object_id=host.pk, label=host.name,
    )  # fmt: skip
    return row


def readiness_enrol(hosts: Iterable[int] | None = None) -> None:
    """Hosts with a trusted key and a way to sign in are asked from now on; all such, or those given."""
    if hosts is None:
        able = Host.objects.of_trust(HostTrust.TRUSTED).filter(credential__isnull=False, simulated=False)
        hosts = able.filter(readiness__isnull=True).values_list("pk", flat=True)
    first = timezone.now() + FIRST_AFTER
    Readiness.objects.bulk_create([Readiness(host_id=pk, next_at=first) for pk in hosts], ignore_conflicts=True)


@transaction.atomic
def readiness_record(batch: Sequence[Heard], owner: str, now: datetime) -> int:
    """Keep what was heard of hosts whose lease is `owner`'s; how many came to another verdict."""
    rows = Readiness.objects.select_for_update().filter(lease_owner=owner, pk__in=[heard.host_id for heard in batch])
    known, moved = {row.pk: row for row in rows}, 0
    for heard in batch:
        row = known.get(heard.host_id)
        if row is None:
            continue
        try:
            with transaction.atomic():  # what one host said must not undo what was heard of others
                moved += _kept(row, heard, now)
        except Exception as error:
            again = Readiness.objects.get(pk=row.pk)
            sentence = f"What {again.host} answered could not be kept: {type(error).__name__}: {error}"
            _kept(again, Heard(row.pk, error=sentence), now)
    risk_weigh(known)
    return moved


def _kept(row: Readiness, heard: Heard, now: datetime) -> int:
    moves = list[ReadinessMove]()
    if heard.held:
        Readiness.objects.filter(pk=row.pk).update(next_at=now + HELD, lease_owner="", lease_until=None)
        return 0
    if heard.machine is None:
        _silent(row, heard.error, now)
    else:
        moves = _answered(row, heard.machine, heard.findings, now)
    row.tried_at = row.lease_until - LEASE if row.lease_until else now
    if row.asked_at and row.asked_at > row.tried_at:  # wished for while it was being asked: that was from before
        row.next_at = now
    row.lease_owner, row.lease_until = "", None
    row.save(force_update=True)
    ReadinessMove.objects.bulk_create(moves)
    return len(moves)


def _silent(row: Readiness, error: str, now: datetime) -> None:
    row.error, row.misses = storable(cut(error, MOST_ERROR)), row.misses + 1
    row.next_at = now + RETRY * 2 ** min(row.misses - 1, MOST_MISSES)


def readiness_proven(host_id: int) -> None:
    """A clone of the host was tried: what its last answer came to is judged again with that."""
    row = Readiness.objects.select_for_update().select_related("host").filter(host=host_id).first()
    if row and row.seen_at:
        rest = tuple(finding for finding in row.found if finding.check != PROOF)
        moves = _judged(row, (*rest, *finding_of(proven_of(row.pk, row.up_since))), timezone.now())
        row.save(force_update=True, update_fields=["light", "rank", "unknowns", "since", "lights", "reasons"])
        ReadinessMove.objects.bulk_create(moves)
    risk_weigh([host_id])


def _answered(row: Readiness, machine: Machine, found: tuple[Finding, ...], now: datetime) -> list[ReadinessMove]:
    row.up_since = datetime.fromtimestamp(now.timestamp() - machine.uptime, tz=UTC)
    moves = _judged(row, (*found, *finding_of(proven_of(row.pk, row.up_since))), now)
    row.boot_id, row.kernel, row.system = machine.boot_id[:64], machine.kernel[:120], machine.os[:120]
    row.boot_id, row.kernel, row.system = map(storable, (row.boot_id, row.kernel, row.system))
    row.seen_at, row.error, row.misses = now, "", 0
    row.next_at = now + timedelta(seconds=settings.READINESS_SECONDS)
    return moves


def _judged(row: Readiness, found: tuple[Finding, ...], now: datetime) -> list[ReadinessMove]:
    """The row's verdict by these findings, with a move where it became another one."""
    light = verdict(found)
    before = row.lights
    after = {one.check: one.light.value for one in found}
    moved = {check: [before.get(check, ""), value] for check, value in after.items() if before.get(check) != value}
    first = row.seen_at is None
    if first or light.value != row.light:
        row.since = now
        if Light.RED in (light, row.light):
            readiness_turned(row.host, reasons(found)[0] if light is Light.RED else "")
    moves = []
    if first or light.value != row.light or moved:
        moves.append(
            ReadinessMove(
                host_id=row.pk,
                at=now,
                before="" if first else row.light,
                light=light.value,
                what={check: pair for check, pair in moved.items() if not first or pair[1] != Light.GREEN.value},
            )
        )
    row.light, row.rank, row.unknowns = light.value, rank(light), unknowns(found)
    row.lights = after
    ReadinessDetail.objects.update_or_create(
        readiness=row, defaults={"findings": [storable(one.to_json()) for one in found]}
    )
    row.reasons = storable(reasons(found)[:MOST_REASONS])
    return moves
