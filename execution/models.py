"""One execution of an approved plan: the run, its steps, its log.

The database is the truth about what was done; the host is asked, never assumed. A run is
worked on by whoever holds its lease, and every write of that worker is guarded by it.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models

from audit.fields import AnyTextJSONField
from changes.models import Change
from changes.states import STEP_LABELS, Label, StepState

DO, UNDO = "do", "undo"


def fresh_token() -> str:
    return secrets.token_hex(4)


class Run(models.Model):
    """One execution of one approved digest; `name` is its directory on the host.

    acted_by    who resumed it, had it undone, confirmed or had its host asked, until something came of it
                (`execution.going_on`)
    log_gone    the log's lines up to this number were forgotten for their age (`execution.retention`)
    log_sha256  what they were: see `execution.retention.digest`
    """

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="runs")
    digest = models.CharField(max_length=64)
    token = models.CharField(max_length=8, default=fresh_token, unique=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    acted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    phase = models.CharField(max_length=4, default=DO, choices=[(DO, "do"), (UNDO, "undo")])
    lease_owner = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    recheck = models.BooleanField(default=False)
    probing = models.BooleanField(default=False)
    cancel_requested = models.BooleanField(default=False)
    wait_step = models.CharField(max_length=60, blank=True)
    wait_prompt = models.TextField(blank=True)
    wait_until = models.DateTimeField(null=True)
    next_poll = models.DateTimeField(null=True)
    confirmed_step = models.CharField(max_length=60, blank=True)
    sentence = models.TextField(blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    log_complete = models.BooleanField(default=False)
    log_gone = models.PositiveIntegerField(default=0)
    log_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The run's name on the host: unique also among dashboards that share one."""
        return f"{self.change_id}-{self.token}"

    @property
    def directory(self) -> str:
        return f"{settings.HOST_ROOT}/{self.name}"


class StepRun(models.Model):
    """A step of the plan in one run, done or undone. `attempt` counts what was sent to the host.

    log_offset  bytes of the attempt's output that are dealt with
    log_kept, log_cut   lines of it that are in the log, and lines left out beyond the limit
    said                what a person called the attempt, until the host has been asked again: done, failed, or empty
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    phase = models.CharField(max_length=4, default=DO)
    key = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=14, default=StepState.PENDING, choices=[(s.value, s.value) for s in StepState])
    attempt = models.PositiveSmallIntegerField(default=0)
    intent_at = models.DateTimeField(null=True)
    log_offset = models.PositiveBigIntegerField(default=0)
    log_kept = models.PositiveBigIntegerField(default=0)
    log_cut = models.PositiveBigIntegerField(default=0)
    exit_code = models.IntegerField(null=True)
    said = models.CharField(max_length=6, blank=True)
    sentence = models.TextField(blank=True)
    found = AnyTextJSONField(default=dict)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["phase", "position"]
        constraints = [models.UniqueConstraint(fields=["run", "phase", "key"], name="one_row_per_step")]

    def __str__(self) -> str:
        return f"{self.phase} {self.key}"

    @property
    def label(self) -> Label:
        return STEP_LABELS[StepState(self.state)]


class LogChunk(models.Model):
    """Lines of a run's log that were stored together: `first` to `last`, without gaps, packed by `execution.chunks`.

    All are of one step, attempt and stream, and came in one moment. `note` lines are ours, `out` lines the host's.
    """

    OUT, NOTE = "out", "note"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    step = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    attempt = models.PositiveSmallIntegerField(default=0)
    stream = models.CharField(max_length=4, default=OUT)
    at = models.DateTimeField()
    body = models.BinaryField()

    class Meta:
        ordering = ["run", "last"]
        constraints = [models.UniqueConstraint(fields=["run", "last"], name="chunks_have_no_doubles")]
        indexes = [models.Index(fields=["step", "last"], name="log_of_a_step")]

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


class Look(models.Model):
    """What the host says about a run's unknown step, for whoever decides; `told_at` is None until it has been asked.

    outcome   done, not_done, at_work or cannot_tell
    over      the host said so much that its command is at work no longer, and never will be
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="look")
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)
    over = models.BooleanField(default=False)
    sentences = AnyTextJSONField(default=list)

    def __str__(self) -> str:
        return f"look at {self.run_id}"


class Pulse(models.Model):
    """When a part of Regroup was last seen alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class FactsWish(models.Model):
    """Somebody wants to see a host's live facts; only workers can ask it."""

    host = models.OneToOneField("inventory.Host", on_delete=models.CASCADE, primary_key=True, related_name="+")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"facts of {self.host_id}"


class Claim(models.Model):
    """A worker is at it: asking a host for its facts, or for a plan. Whoever comes later leaves it to them."""

    key = models.CharField(max_length=40, primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
