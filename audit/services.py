"""Writing the audit, and sealing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit import chain
from audit.anchors import put
from audit.chain import content_of, seal_of
from audit.models import Anchor, Entry, Seal
from audit.text import storable

SYSTEM = "Regroup"
"""The actor's name where no person acted."""

BATCH = 1000
SEALER = 0x5EA1
"""PostgreSQL's advisory lock of whoever seals."""
STOPPED_FOR = "10s"
ANCHOR_EVERY = timedelta(minutes=1)


class About(TypedDict, total=False):
    """What an entry says beside its action; detail is JSON and holds no secret."""

    actor_id: int | None
    actor_name: str
    kind: str
    object_id: object
    label: str
    detail: Mapping[str, Any] | None
    request_id: str
    ip: str | None


def record(action: str, **about: Unpack[About]) -> Entry:
    """One entry, in the caller's transaction: what was decided and its entry are written together.

    action is `<object>.<verb>` (`host.create`). Times are the database's.
    """
    entry = entry_of(action, **about)
    entry.save(force_insert=True)
    return entry


def entry_of(action: str, **about: Unpack[About]) -> Entry:
    """An entry that is not written yet, by the words of `record`."""
    return Entry(
        actor_id=about.get("actor_id"),
        actor_name=storable(about.get("actor_name", SYSTEM)),
        action=action,
        object_kind=about.get("kind", ""),
        object_id=str(about.get("object_id", "")),
        object_label=storable(about.get("label", ""))[:200],
        detail=storable(dict(about.get("detail") or {})),
        request_id=about.get("request_id", ""),
        ip=about.get("ip"),
    )


def record_all(entries: Iterable[Entry]) -> None:
    """Many entries of one act at once, in the caller's transaction."""
    Entry.objects.bulk_create(entries, batch_size=BATCH // 2)


def as_row(entry: Entry) -> dict[str, Any]:
    """The entry as `audit.chain` and every export have it."""
    return {
        "position": entry.position,
        "previous": entry.previous_hash,
        "id": entry.pk,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "action": entry.action,
        "object": [entry.object_kind, entry.object_id, entry.object_label],
        "detail": entry.detail,
        "request_id": entry.request_id,
        "ip": entry.ip,
        "content": entry.content_hash,
        "hash": entry.hash,
    }


def seal_all(most: int = BATCH) -> int:
    """Chain whatever is committed and has no seal, in pieces; gives how many. Writes nothing where there is none."""
    done = 0
    while Entry.objects.unsealed().exists():
        sealed = seal(most)
        done += sealed
        if not sealed:  # another sealer is at it
            break
    return done


def seal(most: int = BATCH) -> int:
    """Chain up to `most` unsealed rows; gives how many. One sealer is at work at a time: others give 0 at once.

    The chain has an order of its own: on PostgreSQL a row with a lower id may be committed after a higher one was
    sealed, and then stands later in the chain. A sealer that is killed leaves rows as they were, for the next.
    """
    try:
        with transaction.atomic():
            return _seal(most) if _alone() else 0
    except IntegrityError:
        return 0


def _alone() -> bool:
    """Whether nobody else seals until the transaction ends. SQLite's has the whole database already.

    A sealer that is stopped, or whose machine is gone, holds it for `STOPPED_FOR` at most: then PostgreSQL ends it.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [STOPPED_FOR])
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER])
        return bool(cursor.fetchone()[0])


def anchor() -> bool:
    """Write the end of the chain down where the site wants it, once a minute at most; whether it was.

    Nothing is written where nothing is new. Raises OSError where the place cannot be written.
    """
    with transaction.atomic():
        last = Anchor.objects.first()
        if last and timedelta() <= timezone.now() - last.at < ANCHOR_EVERY:
            return False
        head = Entry.objects.sealed().order_by("-position").first()
        position = (head.position if head else None) or 0
        if head is None or position <= (last.position if last else 0) or not _alone():
            return False
        now = timezone.now()
        put(settings.AUDIT_ANCHOR, chain.Anchor(position, head.hash, now.isoformat()))
        Anchor.objects.create(position=position, hash=head.hash, at=now, place=settings.AUDIT_ANCHOR)
    return True


def _seal(most: int) -> int:
    last = Entry.objects.sealed().order_by("-position").first()
    position, previous = (last.position or 0, last.hash) if last else (0, "")
    seals = []
    for entry in Entry.objects.unsealed().order_by("id")[:most]:
        content = content_of(as_row(entry))
        position, before = position + 1, previous
        previous = seal_of(position, before, content)
        seals.append(Seal(entry.pk, position, before, content, previous))
    if Entry.objects.set_seals(seals) != len(seals):
        raise IntegrityError("Another sealer was quicker.")
    return len(seals)
