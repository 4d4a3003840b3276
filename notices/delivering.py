"""Sends what webhooks wait for: at least once, with an id by which a receiver drops what it had already.

A delivery is leased before it is sent: a worker that is killed leaves it to the next one, a minute later. A receiver
that asks to be left alone for a while is, with everything that waits for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from notices.addresses import AddressRefused
from notices.kinds import one_line
from notices.models import Delivery, Webhook
from notices.posting import PostFailed, post
from notices.receivers import FORMS, Receiver, Sending, To, Told
from notices.webhooks import secrets_of
from people.vault import VaultError

MOST = 20
LEASE = timedelta(minutes=1)
AGAIN = [timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400)]
"""After each attempt that failed, until the next one; after the last nothing is tried any more."""
LONGEST_WAIT = timedelta(days=1)
GONE = 410


def send_due(now: datetime | None = None) -> int:
    """One round: at most 20 deliveries; how many arrived."""
    now = now or timezone.now()
    rows = Delivery.objects.filter(_heard(now), state=Delivery.WAITING, next_at__lte=now, webhook__enabled=True)
    due = list(rows.select_related("webhook", "happening").order_by("next_at", "pk")[:MOST])
    return sum(_send(one) for one in due)


@sensitive_variables()
def sending_of(one: Delivery) -> Sending:
    """The request, as its receiver wants it. Raises VaultError."""
    hook, at = one.webhook, int(timezone.now().timestamp())
    to = To(one.message, at, hook.url, hook.room, secrets_of(hook))
    return FORMS[Receiver(hook.receiver)].render(_told(one), to)


def _told(one: Delivery) -> Told:
    if (found := one.happening) is None:
        return Told("test", one.made_at, "A test of this webhook.", "", settings.OWN_URL)
    host, owner = found.host.name if found.host else None, found.owner.name if found.owner else None
    return Told(found.kind, found.at, found.what, found.todo, found.url, found.change_id, host, owner)


def _heard(now: datetime) -> Q:
    """Deliveries whose receiver did not ask to be left alone until later."""
    return Q(webhook__quiet_until=None) | Q(webhook__quiet_until__lte=now)


@sensitive_variables()
def _send(one: Delivery) -> bool:
    """Lease it by compare-and-swap, send it, and keep what came of it; whether it arrived."""
    now = timezone.now()
    rows = Delivery.objects.filter(pk=one.pk, state=Delivery.WAITING)
    if not rows.filter(_heard(now), next_at=one.next_at).update(
        next_at=now + LEASE, attempts=one.attempts + 1, tried_at=now
    ):
        return False
    try:
        out = sending_of(one)
        status = post(out.url, out.body, out.headers, settings.WEBHOOK_NETS, method=out.method)
    except (PostFailed, AddressRefused, VaultError) as error:
        _failed(one, error)
        return False
    rows.update(state=Delivery.ARRIVED, answered=status, sentence="")
    return True


def _failed(one: Delivery, error: Exception) -> None:
    """Tried again later, unless it was tried often enough, or the receiver says that it is gone for good."""
    status, now = getattr(error, "status", None), timezone.now()
    wait = min(timedelta(seconds=getattr(error, "wait", 0)), LONGEST_WAIT)
    values: dict[str, Any] = {"answered": status, "sentence": one_line(str(error), 300)}
    if one.attempts >= len(AGAIN) or status == GONE:
        values["state"] = Delivery.FAILED
    else:
        values["next_at"] = now + max(AGAIN[one.attempts], wait)
    if wait:
        Webhook.objects.filter(pk=one.webhook_id).update(quiet_until=now + wait)
    Delivery.objects.filter(pk=one.pk, state=Delivery.WAITING).update(**values)
