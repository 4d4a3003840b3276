"""What is decided about a change goes into the audit, in the deciding transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.services import SYSTEM, record
from changes.models import Change
from people.actor import Actor


def note(actor: Actor | None, action: str, change: Change | None, detail: Mapping[str, Any]) -> None:
    """One audit entry about a change; no actor means that Regroup itself did it."""
    record(
        action,
        actor_id=actor.id if actor else None,
        actor_name=actor.username if actor else SYSTEM,
        kind="change",
        object_id=change.pk if change else "",
        label=str(change) if change else "",
        detail=detail,
    )
