"""Sends what webhooks wait for: at least once, with an id by which a receiver drops what it had already.

A delivery is leased before it is sent: a worker that is killed leaves it to the next one, a minute later.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from notices.addresses import AddressRefused
from notices.kinds import one_line
from notices.models import Delivery
from notices.posting import PostFailed, post
from notices.signing import headers
from notices.webhooks import secrets_of
from people.vault import VaultError

MOST = 20
LEASE = timedelta(minutes=1)
AGAIN = [timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400)]
"""After each attempt that failed, until the next one; after the last nothing is tried any more."""
GONE = 410


def send_due(now: datetime | None = None) -> int:
    """One round: at most 20 deliveries; how many arrived."""
    now = now or timezone.now()
    rows = Delivery.objects.filter(state=Delivery.WAITING, next_at__lte=now, webhook__enabled=True)
    due = list(rows.select_related("webhook", "happening").order_by("next_at", "pk")[:MOST])
    return sum(_send(one, now) for one in due)


def body_of(one: Delivery) -> bytes:
    """What the receiver gets (docs/notices.md), the same however often it is sent."""
    at = one.happening.at if one.happening else one.made_at
    data = _data(one) if one.happening else {"what": "A test of this webhook.", "todo": "", "url": settings.OWN_URL}
    kind = one.happening.kind if one.happening else "test"
    told = {"type": kind, "timestamp": at.astimezone(UTC).isoformat(timespec="seconds"), "data": data}
    return json.dumps(told, ensure_ascii=False).encode()


def _data(one: Delivery) -> dict[str, Any]:
    found = one.happening
    assert found is not None  # noqa: S101 - asked by the caller
    names = {"host": found.host.name if found.host else None, "owner": found.owner.name if found.owner else None}
    return {"what": found.what, "todo": found.todo, "url": found.url, "change": found.change_id, **names}


def _send(one: Delivery, now: datetime) -> bool:
    """Lease it by compare-and-swap, send it, and keep what came of it; whether it arrived."""
    rows = Delivery.objects.filter(pk=one.pk, state=Delivery.WAITING)
    if not rows.filter(next_at=one.next_at).update(
        next_at=timezone.now() + LEASE, attempts=one.attempts + 1, tried_at=timezone.now()
    ):
        return False
    try:
        body, at = body_of(one), int(timezone.now().timestamp())
        signed = headers(secrets_of(one.webhook), one.message, at, body)
        status = post(one.webhook.url, body, {"Content-Type": "application/json", **signed}, settings.WEBHOOK_NETS)
    except (PostFailed, AddressRefused, VaultError) as error:
        _failed(one, error)
        return False
    rows.update(state=Delivery.ARRIVED, answered=status, sentence="")
    return True


def _failed(one: Delivery, error: Exception) -> None:
    """Tried again later, unless it was tried often enough, or the receiver says that it is gone for good."""
    status = getattr(error, "status", None)
    values: dict[str, Any] = {"answered": status, "sentence": one_line(str(error), 300)}
    if one.attempts >= len(AGAIN) or status == GONE:
        values["state"] = Delivery.FAILED
    else:
        values["next_at"] = timezone.now() + AGAIN[one.attempts]
    Delivery.objects.filter(pk=one.pk, state=Delivery.WAITING).update(**values)
