"""Whether each host would come back, as last judged, when it is asked again, and what changed when.

One row a host; a row of history only where a verdict, or a check's, became another one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from changes.models import Change
from changes.states import Label
from inventory.models import Host
from readiness.judges.finding import Finding
from readiness.lights import CHECK_LABELS, LABELS, Light, rank
from readiness.proof.outcome import OUTCOME_LABELS, Outcome

LIGHTS = [(light.value, LABELS[light].word) for light in Light]
UNKNOWN_RANK = rank(Light.UNKNOWN)


class Readiness(models.Model):
    """A host's readiness to reboot.

    light, rank   the verdict, and its place among others (`lights.WORST_FIRST`); unknowns: checks with something
                  that nobody can tell; since: when it came to this verdict
    lights        check → its light; reasons: sentences of the worst points. All of them are in `detail`
    up_since      when the host booted; before it was first asked, when it became one that can be
    seen_at       the last good answer; tried_at when the last attempt began, error its sentence, empty when it was good
    misses        attempts since the last good one
    asked_at      when a person last had it asked, asked_by who that was
    next_at       when it is its turn; lease_* who is asking it
    """

    host = models.OneToOneField(Host, on_delete=models.CASCADE, related_name="readiness", primary_key=True)
    light = models.CharField(max_length=8, choices=LIGHTS, default=Light.UNKNOWN.value)
    rank = models.PositiveSmallIntegerField(default=UNKNOWN_RANK)
    unknowns = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now)
    lights = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    up_since = models.DateTimeField(default=timezone.now)
    boot_id = models.CharField(max_length=64, blank=True)
    kernel = models.CharField(max_length=120, blank=True)
    system = models.CharField(max_length=120, blank=True)
    seen_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    misses = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    next_at = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    GIVEN_UP = timedelta(minutes=15)

    class Meta:
        verbose_name_plural = "readiness"
        indexes = (
            models.Index(fields=("rank", "up_since", "host"), name="readiness_worst_first"),
            models.Index(fields=("next_at", "host"), name="readiness_due"),
            models.Index(fields=("lease_owner",), name="readiness_lease"),
        )

    def __str__(self) -> str:
        return f"readiness of {self.host_id}"

    def get_absolute_url(self) -> str:
        return reverse("readiness_of", args=[self.host.name])

    @property
    def label(self) -> Label:
        return LABELS[Light(self.light)]

    @property
    def asking(self) -> bool:
        """Somebody wants it asked, and it was not yet; given up after a while, since no worker may be there."""
        waits = self.asked_at is not None and (self.tried_at is None or self.tried_at < self.asked_at)
        return waits and self.asked_at is not None and timezone.now() - self.asked_at < self.GIVEN_UP

    @property
    def stale(self) -> bool:
        """Older than two turns: what is shown was true once."""
        return self.seen_at is not None and self.seen_at < stale_before()

    @property
    def found(self) -> list[Finding]:
        """One query more."""
        kept = ReadinessDetail.objects.filter(readiness=self).first()
        return [Finding.from_json(row) for row in kept.findings] if kept else []


class ReadinessDetail(models.Model):
    """What every check found, as `Finding.to_json` has it: ten kilobytes that no list and no count has to read."""

    readiness = models.OneToOneField(Readiness, on_delete=models.CASCADE, related_name="detail", primary_key=True)
    findings = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"checks of {self.readiness_id}"


class Tried(models.Model):
    """The last boot of a host's clone: what it came to, when, by which change. One row a host.

    proven_at   when a clone of it last came up; proven_by the change that showed it
    """

    outcome = models.CharField(max_length=8, choices=[(one.value, OUTCOME_LABELS[one].word) for one in Outcome])
    at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    sentence = models.TextField()
    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="+")
    proven_at = models.DateTimeField(null=True)
    proven_by = models.ForeignKey(Change, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True

    @property
    def label(self) -> Label:
        return OUTCOME_LABELS[Outcome(self.outcome)]

    @property
    def failed(self) -> bool:
        return self.outcome == Outcome.DOWN


class ProvenBoot(Tried):
    """Of the VM as it was then."""

    host = models.OneToOneField(Host, on_delete=models.CASCADE, related_name="proof", primary_key=True)

    def __str__(self) -> str:
        return f"proof of {self.host_id}"


class ProvenBackup(Tried):
    """Of a backup of it, which is `image` on its hypervisor."""

    host = models.OneToOneField(Host, on_delete=models.CASCADE, related_name="backup_proof", primary_key=True)
    image = models.TextField()

    def __str__(self) -> str:
        return f"proof of a backup of {self.host_id}"


class HostRisk(models.Model):
    """A host's place among those at risk (`readiness.risk`), kept so that a list of all is one walk along an index.

    rank      how far it is from the worst that there is: lists go by it
    up_since  when it booted, or where nobody can tell, since when Regroup knows it
    the rest  its place in each factor, as `readiness.risk` names them
    """

    host = models.OneToOneField(Host, on_delete=models.CASCADE, related_name="risk", primary_key=True)
    rank = models.PositiveSmallIntegerField()
    up_since = models.DateTimeField()
    up = models.CharField(max_length=12)
    verdict = models.CharField(max_length=12)
    owned = models.CharField(max_length=12)
    criticality = models.CharField(max_length=12)
    proven = models.CharField(max_length=12, default="never")

    class Meta:
        indexes = (
            models.Index(fields=("rank", "up_since", "host"), name="risk_worst_first"),
            models.Index(fields=("criticality", "owned", "up", "verdict", "proven"), name="risk_counted"),
        )

    def __str__(self) -> str:
        return f"risk of {self.host_id}"


def stale_before() -> datetime:
    return timezone.now() - timedelta(seconds=2 * settings.READINESS_SECONDS)


class ReadinessMove(models.Model):
    """A verdict became another one. `what` is {check: [before, after]}, both lights; before is empty at first."""

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="readiness_moves")
    at = models.DateTimeField()
    before = models.CharField(max_length=8, choices=LIGHTS, blank=True)
    light = models.CharField(max_length=8, choices=LIGHTS)
    what = models.JSONField(default=dict)

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("host", "-id"), name="readiness_move_newest"),)

    def __str__(self) -> str:
        return f"{self.host_id} {self.before} {self.light}"

    @property
    def label(self) -> Label:
        return LABELS[Light(self.light)]

    def checks(self) -> list[tuple[str, Label | None, Label]]:
        """(check, before, after) for the page."""
        return [
            (check, CHECK_LABELS[Light(before)] if before else None, CHECK_LABELS[Light(after)])
            for check, (before, after) in self.what.items()
        ]
