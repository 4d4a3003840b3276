"""Windows and freezes as rows, beside the real clock: open now, shut now, and slots moved in the database."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from changes.models import Change, Freeze, MaintenanceWindow, PickedSlot
from changes.timing import Scope
from changes.windows import Slot
from inventory.models import Host
from people.models import User

AN_HOUR = timedelta(hours=1)


def a_window(name: str, *hosts: Host, **fields) -> MaintenanceWindow:
    """Always open, for these hosts or for everything."""
    scope = Scope.HOSTS if hosts else Scope.EVERYTHING
    always = {"rule": "FREQ=DAILY", "day": date(2026, 1, 1), "at": time(0), "minutes": 1440, "scope": scope, **fields}
    row = MaintenanceWindow.objects.create(name=name, **always)
    row.hosts.set(hosts)
    return row


def shut(name: str, *hosts: Host, **fields) -> MaintenanceWindow:
    """A window of the same sort that opens in thirty days for the first time."""
    day = timezone.now().date() + timedelta(days=30)
    return a_window(name, *hosts, **{"day": day, "at": time(2), "minutes": 60, **fields})


def a_freeze(*hosts: Host, since: timedelta = -AN_HOUR, until: timedelta = AN_HOUR, **fields) -> Freeze:
    now, scope = timezone.now(), Scope.HOSTS if hosts else Scope.EVERYTHING
    words = {"name": "Year’s end", "reason": "The books are closed.", "scope": scope, **fields}
    row = Freeze.objects.create(starts=now + since, ends=now + until, **words)
    row.hosts.set(hosts)
    return row


def from_now(since: timedelta = timedelta(minutes=-1), until: timedelta = AN_HOUR) -> Slot:
    return Slot(timezone.now() + since, timezone.now() + until)


def picked(change: Change, who: User, slot: Slot | None = None) -> PickedSlot:
    """A slot that is now, as the row has it."""
    slot = slot or from_now()
    words = {"starts": slot.start, "ends": slot.end, "picked_by": who, "picked_at": timezone.now(), "missed_at": None}
    return PickedSlot.objects.update_or_create(change=change, defaults=words)[0]


def over(change: Change) -> datetime:
    """Its slot ended a minute ago."""
    end = timezone.now() - timedelta(minutes=1)
    PickedSlot.objects.filter(change=change).update(starts=end - AN_HOUR, ends=end)
    return end
