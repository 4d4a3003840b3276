"""Once a reboot has ended, whichever way, its host is asked anew whether the next one would go well."""

from __future__ import annotations

from django.utils import timezone

from execution.facts import wish_after
from readiness.models import Readiness


def ask_after(number: int) -> None:
    """Its turn comes at once; a host that a change still holds is left alone until then."""
    wish_after(number)
    Readiness.objects.filter(host__changes=number).update(next_at=timezone.now())
