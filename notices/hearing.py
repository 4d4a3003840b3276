"""Hears what happens and writes it into the outbox, in the transaction in which it happens.

A sentence says what happened, another what to do; neither has a secret, a line of a log, or anything of a plan.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from changes.models import Change, Glass, PickedSlot
from changes.signals import glass_moved, moved
from changes.slots import slot_of
from changes.states import State
from execution.models import Run
from execution.starting import going, needs_slot
from inventory.models import Host, Owner
from inventory.signals import key_changed, unconfirmed
from notices.kinds import Kind, one_line
from notices.models import Happening
from people.actor import Actor
from people.models import User

NEAR = timedelta(hours=1)
MOST = 300
"""Characters of a sentence that the outbox takes; PostgreSQL refuses more, and with it what just happened."""

SLOT = "slot "
"""Begins the subject of what tells that a slot is over; others have a run and its step there."""

TROUBLE: dict[State, tuple[str, str]] = {
    State.FAILED: ("{change} failed.", "Look at the step that failed: resume, undo or close it."),
    State.UNKNOWN: ("Nobody can tell how {change} ended.", "Have its host asked what became of it."),
    State.UNDO_FAILED: ("The undo of {change} failed.", "Look at its host: undo again, or close it with a reason."),
}


def connect() -> None:
    """Called once by the app's ready()."""
    moved.connect(hear_change, dispatch_uid="notices")
    glass_moved.connect(hear_glass, dispatch_uid="notices")
    key_changed.connect(hear_key, dispatch_uid="notices")
    unconfirmed.connect(hear_unconfirmed, dispatch_uid="notices")


def hear_change(*, change: Change, new: State, actor: User | None, **_: Any) -> None:
    name, about = one_line(str(change)), {"change": change, "path": reverse("change", args=[change.pk]), "by": actor}
    if new is State.IN_REVIEW:
        who = one_line(actor.display) if actor else "Regroup"
        happened(
            Kind.APPROVAL, f"{who} asks for approval: {name}.", "Read its plan, then approve or reject it.",
            subject=change.digest, **about,
        )  # fmt: skip
    elif new in TROUBLE:
        what, todo = TROUBLE[new]
        happened(Kind.RUN, what.format(change=name), todo, subject=new, **about)
    elif new is State.WAITING and (step := _waits_for_somebody(change)):
        happened(
            Kind.WAITING, f"{name} waits for somebody.", "Do what it waits for, then confirm it.", subject=step, **about
        )


def hear_glass(*, glass: Glass, actor: User, **_: Any) -> None:
    name, who = one_line(str(glass.change)), one_line(actor.display)
    if glass.used_at is None:
        what, todo = f"{who} asks to break the glass for {name}.", "Read why and its plan, then grant or refuse it."
    else:
        what, todo = f"{who} used the broken glass for {name}.", "Look at what was done, and write the review."
    path = reverse("change", args=[glass.change_id])
    happened(Kind.GLASS, what, todo, change=glass.change, subject=str(glass.pk), path=path, by=actor)


def hear_key(*, host: Host, by: Actor | None, **_: Any) -> None:
    happened(
        Kind.KEY,
        f"{one_line(host.name)} shows another host key than the trusted one.",
        "Compare it on the host's console and revoke one of the two; until then nothing connects to it.",
        host=host,
        path=reverse("host", args=[host.name]),
        by=User.objects.filter(pk=by.id).first() if by else None,
    )


def hear_unconfirmed(*, owner: Owner, count: int, **_: Any) -> None:
    machines = "A machine" if count == 1 else f"{count} machines"
    happened(
        Kind.OWNERSHIP,
        f"{machines} of {one_line(owner.name)} {'was' if count == 1 else 'were'} not confirmed for long.",
        "Say whether that is still right.",
        owner=owner,
        path=reverse("unowned"),
    )


def bond_turned(host: Host, bond: str, word: str, *, well: bool) -> Happening:
    """A row to be written by whoever keeps the bond's state, in its transaction."""
    name, path = f"{one_line(bond)} of {one_line(host.name)}", reverse("bond", args=[host.name, bond])
    if well:
        what, todo = f"{name} is well again.", "Nothing is left to do."
    else:
        what, todo = f"{name} is {word}.", "Look which of its ports or files is to be mended."
    return Happening(kind=Kind.BOND, what=what, todo=todo, path=path, host=host, subject=bond_subject(bond, well=well))


def readiness_turned(host: Host, reason: str) -> None:
    """To be called by whoever keeps the host's verdict, in its transaction, where it became red or red no longer.

    reason  a sentence of the verdict's why the host would not come back; empty where nothing is red any more
    """
    if reason:
        what = f"{one_line(host.name)} would not come back from a reboot: {one_line(reason)}"
        todo = "Mend it while the host still runs, then have it asked again."
    else:
        what = f"{one_line(host.name)} has nothing red any more that would keep it from coming back from a reboot."
        todo = "Nothing is left to do; that it boots is proved by a boot alone."
    path = reverse("readiness_of", args=[host.name])
    happened(Kind.READINESS, what, todo, host=host, path=path, subject="red" if reason else "mended")


def bond_subject(bond: str, *, well: bool) -> str:
    return f"{bond} {'well' if well else 'bad'}"


def bonds_told_bad(hosts: Collection[int]) -> set[tuple[int, str]]:
    """Of these hosts, the bonds whose last happening is that they went bad: (host, bond)."""
    rows = Happening.objects.filter(kind=Kind.BOND, host__in=hosts).order_by("pk").values_list("host", "subject")
    last = {(host, subject.partition(" ")[0]): subject for host, subject in rows}
    return {(host, bond) for (host, bond), subject in last.items() if subject == bond_subject(bond, well=False)}


def slots_near(now: datetime) -> None:
    """Tell of slots of approved changes that begin within the hour; of each once."""
    rows = PickedSlot.objects.filter(
        starts__gt=now, starts__lte=now + NEAR, missed_at=None, change__status=State.APPROVED
    )
    for slot in rows.select_related("change"):
        happened(
            Kind.WINDOW,
            f"The slot of {one_line(str(slot.change))} is near: {one_line(str(slot))}.",
            "Run it in its slot; after that it does not start.",
            change=slot.change,
            path=reverse("change", args=[slot.change_id]),
            subject=slot.starts.isoformat(),
        )


def slots_over(now: datetime) -> None:
    """Tell of runs that wait parked until another slot is picked; of each slot once."""
    rows = PickedSlot.objects.filter(ends__lte=now, change__status=State.WAITING)
    for slot in rows.select_related("change__host"):
        change = slot.change
        if needs_slot(change, *going(change)):
            happened(
                Kind.WAITING,
                f"{one_line(str(change))} stays parked: its slot is over.",
                "Pick another slot, in which it goes on, or stop it: it holds its host.",
                change=change,
                path=reverse("change", args=[change.pk]),
                subject=slot_over(change),
            )


def slot_over(change: Change) -> str:
    """Subject of that."""
    slot = slot_of(change)
    return f"{SLOT}{slot.ends.isoformat()}" if slot else ""


def happened(kind: Kind, what: str, todo: str, **about: Any) -> None:
    """Write it, however long the names in it are; where the same was said of the same slot or step, nothing."""
    row = Happening(kind=kind, what=one_line(what, MOST), todo=one_line(todo, MOST), **about)
    Happening.objects.bulk_create([row], ignore_conflicts=kind in (Kind.WINDOW, Kind.WAITING))


def _waits_for_somebody(change: Change) -> str:
    """The run and step that a person has to confirm; empty where a host is waited for."""
    run, plan = Run.objects.filter(change=change).first(), change.plan
    step = plan.step(run.wait_step) if run and plan and run.wait_step else None
    return f"{run.pk}/{step.key}"[:120] if run and step and step.wait else ""
