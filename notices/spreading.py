"""From what happened to whom it is told: looked up when it is told, not when it happened, so that nobody is told of
what was decided meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notices.choices import chosen_by
from notices.kinds import How, Kind
from notices.models import Delivery, Happening, Notice
from notices.readers import readers
from notices.webhooks import deliver

MOST = 100
KEPT = timedelta(days=90)


def spread_all(now: datetime | None = None) -> int:
    """Look up whom to tell of at most 100 happenings; how many there were."""
    rows = Happening.objects.filter(spread_at=None).select_related("change", "host", "owner")[:MOST]
    return sum(spread(one, now or timezone.now()) for one in rows)


@transaction.atomic
def spread(one: Happening, now: datetime) -> bool:
    """Claim it, and write each notice and delivery; False where another worker was quicker."""
    if not Happening.objects.filter(pk=one.pk, spread_at=None).update(spread_at=now):
        return False
    if settings.MAIL_READY:
        users = readers(one)
        how = chosen_by(users, Kind(one.kind))
        wanting = [user for user in users if how[user.pk] is not How.NOTHING]
        Notice.objects.bulk_create([Notice(happening=one, user=user, how=how[user.pk]) for user in wanting])
    deliver(one)
    return True


def forget(now: datetime | None = None) -> None:
    """What happened more than 90 days ago, with whom it was told."""
    before = (now or timezone.now()) - KEPT
    Happening.objects.filter(at__lt=before).delete()
    Delivery.objects.filter(made_at__lt=before).delete()
