"""One worker at a time for work that is safe to do twice, but dear: asking a host for its facts, making a plan.

Hints come doubled, and more of them the longer a host takes to answer. Without a claim each would ask the slow host
again, until nobody is left to ask the others. A worker that died leaves a claim behind, for `LASTS` at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q

from execution.leases import database_now
from execution.models import Claim

LASTS = timedelta(seconds=60)


@contextmanager
def claimed(key: str) -> Iterator[bool]:
    """Whether the work of that key is ours, until the end of the block; False while another is at it."""
    now = database_now()
    until = now + LASTS
    _, made = Claim.objects.get_or_create(key=key, defaults={"until": until})
    ours = made or Claim.objects.filter(Q(until__lte=now) | Q(until__gt=now + LASTS), key=key).update(until=until) == 1
    try:
        yield ours
    finally:
        if ours:
            Claim.objects.filter(key=key, until=until).delete()
