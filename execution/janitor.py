"""The sweep: finds what nobody works on and rings for it; seals the audit; shows who is alive.

It does no work itself. An expired lease means "ask first": the worker that takes it over
begins by asking the host (runner._reattach), never by doing the step again.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from audit.services import seal
from changes.models import Change
from changes.states import ACTIVE, State
from execution import doorbell, tasks
from execution.facts import wanted
from execution.leases import database_now
from execution.models import Pulse, Run
from execution.rollouts import advance_all

HINT_IS_LATE = timedelta(seconds=5)


def sweep() -> int:
    """One round; returns how many hints were given again."""
    pulse("sweeps")
    tasks.pulse.apply_async(("runs",), expires=30)
    seal()
    advance_all()
    hints = 0
    for change in _idle():
        doorbell.ring_again("look", change.pk)
        hints += 1
    for change in Change.objects.filter(planning=True, updated_at__lt=timezone.now() - HINT_IS_LATE):
        doorbell.ring_again("plan", change.pk)
        hints += 1
    for host_id in wanted(HINT_IS_LATE):
        doorbell.ring_again("facts", host_id)
        hints += 1
    return hints


def pulse(name: str) -> None:
    Pulse.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def _idle() -> list[Change]:
    """Changes with work to do and no living lease, and waiting ones whose time to be looked at has come."""
    now = database_now()
    free = Q(lease_owner="") | Q(lease_until__lt=now)
    busy = Run.objects.exclude(free).values("change_id")
    due = Run.objects.filter(Q(next_poll__lte=now) | Q(wait_until__lte=now)).values("change_id")
    to_do = Q(status__in=ACTIVE) | Q(status=State.WAITING, pk__in=due)
    return list(Change.objects.filter(to_do).exclude(pk__in=busy))
