"""The sweep: finds what nobody works on and rings for it; seals the audit; shows who is alive.

It does no work itself. An expired lease means "ask first": the worker that takes it over
begins by asking the host (runner._reattach), never by doing the step again.
"""

from __future__ import annotations

from datetime import timedelta

from audit.services import seal_all
from changes.slots import slots_expire
from execution import doorbell
from execution.due import facts_due, plans_due, runs_due
from execution.leases import database_now
from execution.models import Pulse
from execution.rollouts import advance_all


def sweep() -> int:
    """One round; returns how many hints were given again."""
    pulse("sweeps")
    doorbell.ring_again("pulse", "runs")
    seal_all()
    slots_expire(database_now())
    advance_all()
    due = [("look", change.pk) for change in runs_due()]
    due += [("plan", number) for number in plans_due()]
    due += [("facts", host_id) for host_id in facts_due()]
    for task, number in due:
        doorbell.ring_again(task, number)
    return len(due)


def pulse(name: str, after: timedelta = timedelta()) -> None:
    """A kind of worker is alive; not written again where it was seen less than `after` ago."""
    if unheard(name, after):
        Pulse.objects.update_or_create(name=name, defaults={"at": database_now()})


def unheard(name: str, since: timedelta) -> bool:
    """Whether a kind of worker was not seen for so long."""
    now = database_now()
    return not Pulse.objects.filter(name=name, at__gt=now - since, at__lte=now).exists()
