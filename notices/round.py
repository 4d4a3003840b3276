"""One round of telling: what is near, whom to tell, the mails and the webhooks."""

from __future__ import annotations

from django.utils import timezone

from notices import delivering, hearing, mails, spreading


def tell() -> None:
    """Safe to call at any time, by any number of workers: each thing is claimed before it is sent."""
    now = timezone.now()
    hearing.slots_near(now)
    hearing.slots_over(now)
    spreading.spread_all(now)
    mails.send_mails(now)
    delivering.send_due()
