"""The outbox: what happened, whom it is to be told, and what came of telling."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from notices.kinds import How, Kind
from notices.receivers import FORMS, Receiver

KINDS = [(kind.value, kind.value) for kind in Kind]
HOWS = [(how.value, how.value) for how in How]


class Happening(models.Model):
    """Something that somebody can do something about, written in the transaction in which it happened.

    what, todo  one sentence each; path is the page to go to
    subject     what it is about within its change, host or owner, so that it is told once: a digest, a state, a bond
    by          who did it, and is not told of it
    spread_at   when it was looked up whom to tell; until then nobody was
    """

    kind = models.CharField(max_length=12, choices=KINDS)
    at = models.DateTimeField(auto_now_add=True)
    what = models.CharField(max_length=300)
    todo = models.CharField(max_length=300)
    path = models.CharField(max_length=300)
    subject = models.CharField(max_length=120, blank=True)
    change = models.ForeignKey("changes.Change", on_delete=models.CASCADE, null=True, related_name="+")
    host = models.ForeignKey("inventory.Host", on_delete=models.CASCADE, null=True, related_name="+")
    owner = models.ForeignKey("inventory.Owner", on_delete=models.CASCADE, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    spread_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "change", "subject"),
                condition=Q(kind__in=(Kind.WINDOW.value, Kind.WAITING.value)),
                name="happening_said_once",
            ),
        )
        indexes = (
            models.Index(fields=("id",), condition=Q(spread_at__isnull=True), name="happening_untold"),
            models.Index(fields=("kind", "host", "subject", "-id"), name="happening_of_host"),
            models.Index(fields=("at",), name="happening_at"),
        )

    def __str__(self) -> str:
        return self.what

    @property
    def url(self) -> str:
        """The page to go to, as people reach it."""
        return f"{settings.OWN_URL}{self.path}"


class Notice(models.Model):
    """One person to be told by mail. It is claimed before the mail is sent, and so never sent twice.

    outcome  why no mail went out after all, as a sentence
    """

    happening = models.ForeignKey(Happening, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    how = models.CharField(max_length=8, choices=HOWS)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("happening", "user"), name="notice_once"),)
        indexes = (models.Index(fields=("how", "id"), condition=Q(claimed_at__isnull=True), name="notice_unclaimed"),)

    def __str__(self) -> str:
        return f"{self.user} is told: {self.happening}"


class Choice(models.Model):
    """How a person wants a kind; without a row, as `AT_FIRST` has it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=KINDS)
    how = models.CharField(max_length=8, choices=HOWS)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "kind"), name="notice_chosen_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.how} for {self.user}"


class Digest(models.Model):
    """A person had the digest of a day: whoever writes this row sends it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "day"), name="digest_once_a_day"),)

    def __str__(self) -> str:
        return f"digest of {self.day} for {self.user}"


class Webhook(models.Model):
    """A program or a chat to be told. It is switched off, never deleted.

    url           shown to administrators alone: many a receiver has a secret in its path; of one that is a secret
                  itself, what may be shown
    room          Matrix: the id of the room
    key_id, wrapped_key, nonce, ciphertext  the present secret and the one before, sealed: what signs, or the secret
                  address, or the access token
    before_until  until when the one before signs as well
    quiet_until   until when its receiver asked to be left alone
    """

    name = models.CharField(max_length=80, unique=True)
    receiver = models.CharField(
        max_length=8, default=Receiver.PROGRAM.value, choices=[(one.value, form.words) for one, form in FORMS.items()]
    )
    url = models.CharField(max_length=500)
    room = models.CharField(max_length=255, blank=True)
    kinds = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=timezone.now)
    key_id = models.CharField(max_length=32, blank=True)
    wrapped_key = models.BinaryField(default=bytes)
    nonce = models.BinaryField(default=bytes)
    ciphertext = models.BinaryField(default=bytes)
    before_until = models.DateTimeField(null=True)
    quiet_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One thing told to one webhook, at least once. `message` stays the same however often it is sent.

    happening  None for a test
    next_at    when it is tried next; while somebody sends it, when another one may
    answered   the last status; sentence: why it did not arrive
    """

    WAITING, ARRIVED, FAILED = "waiting", "arrived", "failed"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    happening = models.ForeignKey(Happening, on_delete=models.CASCADE, null=True, related_name="deliveries")
    message = models.CharField(max_length=40, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, default=WAITING, choices=[(s, s) for s in (WAITING, ARRIVED, FAILED)])
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    answered = models.PositiveSmallIntegerField(null=True)
    sentence = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("webhook", "happening"), name="delivery_once"),)
        indexes = (models.Index(fields=("next_at",), condition=Q(state="waiting"), name="delivery_due"),)

    def __str__(self) -> str:
        return f"{self.message} to {self.webhook}"
