"""Writing the audit, and sealing it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.db import IntegrityError, transaction

from audit.models import Entry
from audit.text import storable

SYSTEM = "Regroup"
"""The actor's name where no person acted."""


def record(
    action: str,
    *,
    actor_id: int | None = None,
    actor_name: str = SYSTEM,
    kind: str = "",
    object_id: object = "",
    label: str = "",
    detail: Mapping[str, Any] | None = None,
    request_id: str = "",
    ip: str | None = None,
) -> Entry:
    """One entry, in the caller's transaction: what was decided and its entry are written together.

    action is `<object>.<verb>` (`host.create`); detail is JSON and holds no secret. Times are the database's.
    """
    return Entry.objects.create(
        actor_id=actor_id,
        actor_name=storable(actor_name),
        action=action,
        object_kind=kind,
        object_id=str(object_id),
        object_label=storable(label)[:200],
        detail=storable(dict(detail or {})),
        request_id=request_id,
        ip=ip,
    )


def digest(entry: Entry, position: int, previous: str) -> str:
    """sha256 over the canonical JSON of the row, its place in the chain and the hash before it."""
    content = {
        "position": position,
        "previous": previous,
        "id": entry.pk,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "action": entry.action,
        "object": [entry.object_kind, entry.object_id, entry.object_label],
        "detail": entry.detail,
        "request_id": entry.request_id,
        "ip": entry.ip,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def seal(most: int = 500) -> int:
    """Chain up to `most` unsealed rows; gives how many. Safe beside another sealer: one of them yields.

    The chain has an order of its own: on PostgreSQL a row with a lower id may be committed
    after a higher one was sealed, and then stands later in the chain.
    """
    try:
        with transaction.atomic():
            return _seal(most)
    except IntegrityError:
        return 0


def _seal(most: int) -> int:
    last = Entry.objects.sealed().order_by("-position").first()
    position, previous = (last.position or 0, last.hash) if last else (0, "")
    rows = list(Entry.objects.unsealed().order_by("id")[:most])
    for entry in rows:
        position += 1
        hash = digest(entry, position, previous)
        if not Entry.objects.filter(pk=entry.pk).set_seal(position, previous, hash):
            raise IntegrityError("Another sealer was quicker.")
        previous = hash
    return len(rows)
