"""What the rows say of when a change may start, and the slots that people pick for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from changes.history import note
from changes.models import Change, Freeze, MaintenanceWindow, PickedSlot
from changes.policy import STATES, Action
from changes.rights import changes_seen_by
from changes.rollouts import held_by
from changes.services import Denied, deciding, permitted
from changes.states import State
from changes.timing import Lift, Place, Scope, Timed, Times, begun, held, nearest, unfit, weigh_times
from changes.windows import Slot, said
from inventory.models import Host
from people.actor import Actor
from people.models import User
from people.selectors import actor_of

AHEAD = STATES[Action.SLOT] - STATES[Action.RESUME] - STATES[Action.CONFIRM] | {State.QUEUED}
"""States in which a slot is still to be used; one for a resume is used at once, and a run that waits had its own."""


UNDER_WAY = frozenset({State.RUNNING, State.WAITING})


def hosts_of(change: Change) -> list[Host]:
    """Every host that the change works on, by name."""
    names = [change.host.name, *change.the_kind.hosts(change.params)]
    return list(Host.objects.filter(name__in=names).select_related("vm").order_by("name"))


def places_of(hosts: Collection[Host], now: datetime) -> tuple[Place, ...]:
    """Each host with the windows nearest to it and the freezes that are not over; three queries for all."""
    owners = {host.pk: host.answers.owner_id for host in hosts}
    named, owned = Q(scope=Scope.HOSTS), Q(scope=Scope.OWNERS)
    near = (
        Q(scope__in=(Scope.EVERYTHING, Scope.SITES))
        | (named & Q(hosts__in=owners))
        | (owned & Q(owners__in=[owner for owner in owners.values() if owner]))
    )
    only = (Prefetch("hosts", Host.objects.filter(pk__in=owners)), "owners")
    windows = list(MaintenanceWindow.objects.filter(near, enabled=True).distinct().prefetch_related(*only))
    freezes = list(Freeze.objects.filter(near, enabled=True, ends__gt=now).distinct().prefetch_related(*only))
    found = []
    for host in hosts:
        over = [row for row in windows if _covers(row, host, owners[host.pk])]
        shut = [row.frozen for row in freezes if _covers(row, host, owners[host.pk])]
        found.append(Place(host.name, nearest((Scope(row.scope), row.window) for row in over), tuple(shut)))
    return tuple(found)


def times_of(change: Change, now: datetime) -> Times:
    """What counts for the change now: its slot, and the windows and freezes of its hosts."""
    slot = slot_of(change)
    in_turn = held_by(change) is not None
    times = Times(places_of(hosts_of(change), now), slot.span if slot else None, in_turn, settings.TIME_ZONE)
    return begun(times, now) if change.state in UNDER_WAY else times


def slot_of(change: Change) -> PickedSlot | None:
    """What was picked for it; `refresh_from_db` forgets what was read before."""
    return getattr(change, "slot", None)


def timed(change: Change, now: datetime | None = None, lifted: Collection[Lift] = ()) -> list[Timed]:
    """The gate's lines on time, as the rows are at this moment."""
    now = now or timezone.now()
    return weigh_times(times_of(change, now), now, lifted)


def untimely(change: Change, now: datetime | None = None, lifted: Collection[Lift] = ()) -> str:
    """Why it may not start now: a freeze, a window, its slot; as a sentence, empty if it may."""
    return held(timed(change, now, lifted))


def frozen_now(change: Change, lifted: Collection[Lift] = (), now: datetime | None = None) -> str:
    """Why it may not go on, or be undone: a freeze alone; its window counted when it began."""
    return held(timed(change, now, lifted)[:1]) if holding_now(now).exists() else ""


def slot_lapsed(change: Change, now: datetime) -> bool:
    """Whether nothing lets it begin, or go on, but another slot: its own is over, and no window says when."""
    slot = times_of(change, now).slot
    return slot is not None and slot.end <= now


def holding_now(now: datetime | None = None) -> QuerySet[Freeze]:
    """Freezes that hold at this moment, wherever."""
    now = now or timezone.now()
    return Freeze.objects.filter(enabled=True, starts__lte=now, ends__gt=now)


@deciding
def slot_pick(actor: User, change: Change, slot: Slot) -> PickedSlot:
    """Say when it is to start. Raises Denied with the sentence where no window has it, or a freeze does."""
    change, now = permitted(actor, change, Action.SLOT), timezone.now()
    rollout = held_by(change)
    if rollout:
        sentence = f"This is a part of {rollout}, which starts it in its turn, when its windows are open."
        raise Denied(sentence, Action.SLOT, change)
    times = times_of(change, now)
    if no := unfit(times, slot, now):
        raise Denied(no, Action.SLOT, change)
    picked = {"picked_by": actor, "picked_at": now, "missed_at": None, "zone": times.shown_in}
    row, _ = PickedSlot.objects.update_or_create(
        change=change, defaults={"starts": slot.start, "ends": slot.end, **picked}
    )
    note(actor_of(actor), "change.slot", change, {"starts": _iso(slot.start), "ends": _iso(slot.end)})
    return row


@deciding
def slot_drop(actor: User, change: Change) -> None:
    """Take the slot back; nothing where there is none."""
    change = permitted(actor, change, Action.SLOT)
    gone, _ = PickedSlot.objects.filter(change=change).delete()
    if gone:
        note(actor_of(actor), "change.slot_dropped", change, {})


def slots_expire(now: datetime) -> int:
    """Note of each slot that is over and was not used that it was missed; how many. It runs late in no case."""
    rows = PickedSlot.objects.filter(ends__lte=now, missed_at=None, change__status__in=AHEAD)
    return sum(_missed(row, now) for row in rows.select_related("change"))


@transaction.atomic
def _missed(row: PickedSlot, now: datetime) -> bool:
    hit = PickedSlot.objects.filter(pk=row.pk, ends__lte=now, missed_at=None).update(missed_at=now)
    if hit:
        note(None, "change.slot_missed", row.change, {"slot": said(row.span, row.zone)})
    return bool(hit)


def others_in(slots: Iterable[Slot], change: Change, actor: Actor) -> dict[Slot, list[PickedSlot]]:
    """Of each slot, what other changes that this person sees picked in it on the same hosts."""
    slots, ours = list(slots), {host.name for host in hosts_of(change)}
    if not slots:
        return {}
    first, last = min(slot.start for slot in slots), max(slot.end for slot in slots)
    rows = upcoming(actor).filter(ends__gt=first, starts__lt=last).exclude(change=change)
    near = [row for row in rows if ours & {row.change.host.name, *row.change.the_kind.hosts(row.change.params)}]
    return {slot: [row for row in near if row.span.meets(slot)] for slot in slots}


def upcoming(actor: Actor) -> QuerySet[PickedSlot]:
    """Slots of changes that this person sees and that have not started, in order."""
    rows = PickedSlot.objects.filter(change__status__in=AHEAD, missed_at=None)
    if not actor.sees_all:
        rows = rows.filter(change__in=changes_seen_by(actor))
    return rows.select_related("change__host", "change__requester").defer("change__plan_json", "change__facts")


def _covers(row: MaintenanceWindow | Freeze, host: Host, owner: int | None) -> bool:
    if row.scope == Scope.HOSTS:
        return host in row.hosts.all()
    if row.scope == Scope.OWNERS:
        return owner in {one.pk for one in row.owners.all()}
    return row.at_site(host)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
