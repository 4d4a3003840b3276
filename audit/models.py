"""One table that only grows. The database itself refuses to change or delete a row (audit.guard)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from django.db import connections, models
from django.db.models import Q
from django.db.models.functions import Now


class AppendOnly(Exception):
    """Somebody tried to change or delete what was written down."""

    def __init__(self) -> None:
        super().__init__("Audit entries are never changed or deleted.")


class Seal(NamedTuple):
    """What the sealer writes into a row."""

    pk: int
    position: int
    previous_hash: str
    content_hash: str
    hash: str


SET_SEAL = (
    "UPDATE audit_entry SET position = %s, previous_hash = %s, content_hash = %s, hash = %s WHERE id = %s AND hash = ''"
)


class EntryQuerySet(models.QuerySet["Entry"]):
    """Reads and adds. The one change allowed is the seal, once per row."""

    def unsealed(self) -> EntryQuerySet:
        return self.filter(hash="")

    def sealed(self) -> EntryQuerySet:
        return self.filter(position__isnull=False)

    def set_seals(self, seals: Sequence[Seal]) -> int:
        """Write the seals of those rows that still have none, in one round; gives how many there were."""
        if not seals:
            return 0
        with connections[self.db].cursor() as cursor:
            cursor.executemany(SET_SEAL, [(seal[1:] + seal[:1]) for seal in seals])
            return int(cursor.rowcount)

    def update(self, **_: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly


class Anchor(models.Model):
    """The end of the chain as it was written down elsewhere, at `place`. A copy, for whoever cannot read it there."""

    position = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    place = models.CharField(max_length=255)

    class Meta:
        ordering = ("-position",)

    def __str__(self) -> str:
        return f"entry {self.position} at {self.at}"


class Entry(models.Model):
    """One decision or act.

    actor_id and actor_name are copied, not linked: an entry outlives the person's account.
    position, previous_hash, content_hash and hash are filled once by the sealer (`audit.chain` says what they are).
    content_hash is empty in rows that were sealed before it was there.
    """

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=32, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    position = models.BigIntegerField(null=True, blank=True, unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    content_hash = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    hash = models.CharField(max_length=64, blank=True, default="", editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "entries"
        indexes = (
            models.Index(fields=("actor_name", "-id"), name="audit_by_actor"),
            models.Index(fields=("action", "-id"), name="audit_by_action"),
            models.Index(fields=("object_kind", "object_id", "-id"), name="audit_by_object"),
            models.Index(fields=("object_label", "-id"), name="audit_by_label"),
            models.Index(fields=("object_kind", "-id"), name="audit_by_kind"),
            models.Index(fields=("actor_name", "action", "-id"), name="audit_by_actor_action"),
            models.Index(fields=("actor_name", "object_kind", "-id"), name="audit_by_actor_kind"),
            models.Index(fields=("action", "object_kind", "-id"), name="audit_by_action_kind"),
            models.Index(fields=("id",), condition=Q(hash=""), name="audit_unsealed"),
        )

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.object_label}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
