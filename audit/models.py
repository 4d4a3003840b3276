"""One table that only grows. The database itself refuses to change or delete a row (audit.guard)."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AppendOnly(Exception):
    """Somebody tried to change or delete what was written down."""

    def __init__(self) -> None:
        super().__init__("Audit entries are never changed or deleted.")


class EntryQuerySet(models.QuerySet["Entry"]):
    """Reads and adds. The one change allowed is the seal, once per row."""

    def unsealed(self) -> EntryQuerySet:
        return self.filter(hash="")

    def sealed(self) -> EntryQuerySet:
        return self.filter(position__isnull=False)

    def set_seal(self, position: int, previous_hash: str, hash: str) -> int:
        """Write the seal of still unsealed rows; gives how many there were (0 or 1 for one row)."""
        rows = self.filter(hash="")
        return super(EntryQuerySet, rows).update(position=position, previous_hash=previous_hash, hash=hash)

    def update(self, **_: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly


class Entry(models.Model):
    """One decision or act.

    actor_id and actor_name are copied, not linked: an entry outlives the person's account.
    position, previous_hash and hash are filled once by the sealer.
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
    hash = models.CharField(max_length=64, blank=True, default="", editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "entries"
        indexes = (
            models.Index(fields=("actor_name", "-id"), name="audit_by_actor"),
            models.Index(fields=("action", "-id"), name="audit_by_action"),
            models.Index(fields=("object_kind", "object_id", "-id"), name="audit_by_object"),
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
