"""What there is to do, as the database tells it, and nobody else: the janitor rings for it, workers look themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from changes.models import Change
from changes.states import ACTIVE, State
from execution.leases import database_now, free
from execution.models import FactsWish, Look, Run

HINT_IS_LATE = timedelta(seconds=5)
"""So long a hint may take: what was asked for since then is left to it."""

FAR = timedelta(minutes=3)
"""No look at a parked run is planned so far ahead: the clock was set back since."""


def runs_due(*, late: bool = False) -> list[Change]:
    """Changes with work to do and no living lease, and parked ones whose time to be looked at has come.

    late  only those whose hint should have come by now
    """
    now = database_now()
    busy = Run.objects.exclude(free(now)).values("change_id")
    due = Run.objects.filter(Q(wait_until__lte=now) | time_to_look(now)).values("change_id")
    asked = Look.objects.filter(told_at=None).values("run__change_id")
    to_do = Q(status__in=ACTIVE) | Q(status=State.WAITING, pk__in=due) | Q(status=State.UNKNOWN, pk__in=asked)
    rows = Change.objects.filter(to_do).exclude(pk__in=busy)
    return list(rows.filter(_late("updated_at", now)) if late else rows)


def _late(field: str, now: datetime) -> Q:
    """Where that time is longer ago than a hint takes, or in the future, since the clock was set back."""
    return Q(**{f"{field}__lt": now - HINT_IS_LATE}) | Q(**{f"{field}__gt": now + HINT_IS_LATE})


def time_to_look(now: datetime) -> Q:
    """Runs whose next look is due."""
    return Q(next_poll__lte=now) | Q(next_poll__gt=now + FAR)


def is_time(run: Run, now: datetime) -> bool:
    """The same of a run at hand, or its wait is over; a run that waits for nothing is always due."""
    if run.next_poll is None or run.wait_until is None:
        return True
    return run.wait_until <= now or not now < run.next_poll <= now + FAR


def plans_due() -> list[int]:
    """Numbers of changes that are to be planned and whose hint is late."""
    rows = Change.objects.filter(_late("updated_at", database_now()), planning=True)
    return list(rows.values_list("pk", flat=True))


def facts_due() -> list[int]:
    """Hosts whose facts were asked for, and whose hint is late."""
    return list(FactsWish.objects.filter(_late("asked_at", database_now())).values_list("host_id", flat=True))
