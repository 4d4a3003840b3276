"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from pages.waiting import waiting_count


def shell(request: HttpRequest) -> dict[str, Any]:
    """`waiting_for_me`: how many changes wait for this person; counted only where a page shows it."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return {}
    return {"waiting_for_me": SimpleLazyObject(lambda: waiting_count(actor))}
