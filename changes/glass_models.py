"""Glasses that were asked for, broken, used and reviewed (`changes.glass`)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from audit.models import Entry
from changes.glass import words
from changes.timing import Lift

USES = ("change.run", "change.glass_used")
"""What the audit has of everybody who started the change, or went on with it under a broken glass."""


class Glass(models.Model):
    """One request to break the glass for one plan of a change.

    decided_by, granted, until  the second person, what they said, and until when it holds
    used_at, used_by  its first use: from then on a review is owed
    """

    change = models.ForeignKey("changes.Change", on_delete=models.CASCADE, related_name="glasses")
    digest = models.CharField(max_length=64)
    lifts = models.JSONField(default=list)
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(default=False)
    comment = models.TextField(blank=True)
    until = models.DateTimeField(null=True)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    used_at = models.DateTimeField(null=True)
    review = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["used_at"],
                condition=models.Q(used_at__isnull=False, reviewed_at__isnull=True),
                name="glass_owes_a_review",
            )
        ]

    def __str__(self) -> str:
        return f"glass of #{self.change_id}, {self.words}"

    @property
    def lift_set(self) -> frozenset[Lift]:
        return frozenset(map(Lift, self.lifts))

    @property
    def words(self) -> str:
        return words(self.lift_set)

    @property
    def parties(self) -> set[int | None]:
        """Who had a part in it, and so does not review it; with the change’s own people and all who used it."""
        change = self.change
        acts = Entry.objects.filter(object_kind="change", object_id=str(change.pk), action__in=USES)
        known = {self.asked_by_id, self.decided_by_id, self.used_by_id, change.requester_id, change.editor_id}
        return (known | set(acts.values_list("actor_id", flat=True))) - {None}

    @property
    def owes_review(self) -> bool:
        return self.used_at is not None and self.reviewed_at is None
