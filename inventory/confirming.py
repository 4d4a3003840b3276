"""“Yes, still mine”, or “not mine”: what an owner says about a machine, on its page or by the link of a mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.services import record
from inventory.models import Asking, Host, Membership, Vm
from inventory.rights import SETTLED
from inventory.selectors import owners_of
from people.actor import Actor
from people.roles import Role

LINK_LASTS = timedelta(days=30)
SALT = "inventory.confirming"
MINE, NOT_MINE = "mine", "not_mine"


class LinkRefused(Exception):
    """The link of a mail is not, or no longer, good for an answer; the text is a sentence for its reader."""


def may_answer(actor: Actor, row: Vm | Host) -> bool:
    """An owner's own people, and operators and administrators, who are named in the audit."""
    if actor.may(Role.OPERATOR, Role.ADMINISTRATOR):
        return True
    return row.owner_id is not None and row.owner_id in owners_of(actor.id)


@transaction.atomic
def machine_confirm(row: Vm | Host, *, by: Actor) -> None:
    """The machine is still its owner's. Raises ValidationError: it has no owner, or another one meanwhile."""
    _answer(row, MINE, "", by.username)
    _vouch(row, by)
    _record(row, MINE, actor_id=by.id, actor_name=by.username)


def _vouch(row: Vm | Host, by: Actor) -> None:
    """One of the owner's people says that it is theirs: whoever gave it may approve for them again.

    Not whoever gave it, nor somebody whom they put there of late.
    """
    if row.owner_id not in owners_of(by.id):
        return
    lately = Membership.objects.filter(owner=row.owner_id, user=by.id, added_at__gt=timezone.now() - SETTLED)
    givers = [by.id, *lately.exclude(added_by=None).values_list("added_by", flat=True)]
    for rows in (type(row).objects.filter(pk=row.pk), *([Host.objects.filter(vm=row)] if isinstance(row, Vm) else [])):
        rows.exclude(given_by__in=givers).update(given_by=None, given_at=None)


@transaction.atomic
def machine_disown(row: Vm | Host, reason: str, *, by: Actor) -> None:
    """The machine is not that owner's, who is taken off it. Raises ValidationError: no reason, or as above."""
    owner = row.owner
    _answer(row, NOT_MINE, reason, by.username)
    _record(row, NOT_MINE, actor_id=by.id, actor_name=by.username, reason=reason, was=str(owner))


def link_token(asking: Asking) -> str:
    """For one asking: its machine, its owner, one answer."""
    return signing.dumps([asking.pk, asking.owner_id], salt=SALT, compress=False)


def asking_of(token: str) -> Asking:
    """What a link asks about, if it may still be answered. Raises LinkRefused."""
    try:
        pk, owner_id = signing.loads(token, salt=SALT, max_age=LINK_LASTS)
    except signing.SignatureExpired:
        days = LINK_LASTS.days
        raise LinkRefused(f"This link was good for {days} days. The next mail will have a new one.") from None
    except (signing.BadSignature, ValueError, TypeError):
        raise LinkRefused("This is not a link that Regroup sent, or a part of it is missing.") from None
    rows = Asking.objects.select_related("vm__owner", "host__owner", "owner")
    asking = rows.filter(pk=pk, owner_id=owner_id).first()
    if asking is None:
        raise LinkRefused("The machine that this link asks about is not in stock any more.")
    if asking.answered_at is not None:
        raise LinkRefused(f"This link was used already. {asking.machine} was answered for.")
    if asking.machine.owner_id != owner_id:
        raise LinkRefused(f"{asking.machine} is not {asking.owner}'s any more, so there is nothing to answer.")
    return asking


@transaction.atomic
def answer_by_link(token: str, answer: str, reason: str) -> Asking:
    """The answer of whoever has the mail; the link is good for this one. Raises LinkRefused, ValidationError."""
    asking = asking_of(token)
    if answer not in (MINE, NOT_MINE):
        raise ValidationError("Say whether the machine is yours: one of the two buttons.")
    asking.answered_at, asking.answer = timezone.now(), answer
    fresh = Asking.objects.filter(pk=asking.pk, answered_at__isnull=True)
    if not fresh.update(answered_at=asking.answered_at, answer=answer):
        raise LinkRefused(f"This link was used already. {asking.machine} was answered for.")
    _answer(asking.machine, answer, reason, asking.email)
    detail: dict[str, Any] = {"to": asking.email, "asking": asking.pk, **({"reason": reason} if reason else {})}
    _record(asking.machine, answer, actor_name=f"mail to {asking.email}"[:150], was=str(asking.owner), **detail)
    return asking


def _answer(row: Vm | Host, answer: str, reason: str, name: str) -> None:
    """Compare and swap: the owner must be the one that the reader saw."""
    if row.owner_id is None:
        raise ValidationError(f"{row} has no owner. An administrator names one first.")
    now = timezone.now()
    values: dict[str, Any] = {"confirmed_at": now, "confirmed_by": name[:150], "waits_since": now, "disowned": ""}
    if answer == NOT_MINE:
        if not reason.strip():
            raise ValidationError({"reason": "Say why it is not yours, and whose it may be."})
        values = {
            "owner": None,
            "confirmed_at": None,
            "confirmed_by": "",
            "asked_at": None,
            "disowned": reason.strip(),
            "given_by": None,
            "given_at": None,
        }
    rows: Any = type(row).objects.filter(pk=row.pk, owner_id=row.owner_id)
    if not rows.update(**values):
        raise ValidationError(f"{row} was given to somebody else meanwhile. Look again.")


def _record(row: Vm | Host, answer: str, *, actor_name: str, actor_id: int | None = None, **detail: Any) -> None:
    kind = str(row._meta.model_name)
    verb = "confirm" if answer == MINE else "disown"
    told = {"owner": str(row.owner), **detail} if answer == MINE else detail
    record(
        f"{kind}.{verb}",
        actor_id=actor_id,
        actor_name=actor_name,
        kind=kind,
        object_id=row.pk,
        label=str(row),
        detail=told,
    )
