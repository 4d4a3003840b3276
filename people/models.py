"""Users and their API tokens. Roles are Django groups by the names in `people.roles`."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone


class User(AbstractUser):
    """A person who signs in. Being a superuser gives no right anywhere in Regroup."""

    display_name = models.CharField(max_length=120, blank=True, help_text="As colleagues know this person.")

    @property
    def display(self) -> str:
        return self.display_name or self.get_full_name() or self.username

    def __str__(self) -> str:
        return self.display


class TokenQuerySet(models.QuerySet["Token"]):
    def usable(self, now: datetime) -> TokenQuerySet:
        """Neither revoked nor expired, and of an active person."""
        unexpired = Q(expires__isnull=True) | Q(expires__gt=now)
        return self.filter(unexpired, revoked__isnull=True, user__is_active=True)


class Token(models.Model):
    """A bearer token for the API. Only its hash is kept; the text is shown once, when it is issued."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=8, unique=True)
    hash = models.CharField(max_length=64)
    created = models.DateTimeField(default=timezone.now)
    last_used = models.DateTimeField(null=True, blank=True)
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ("-created", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "name"),
                condition=Q(revoked__isnull=True),
                name="people_token_name_once",
                violation_error_message="You have a token of this name already. Revoke it first.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def usable(self) -> bool:
        return self.revoked is None and (self.expires is None or self.expires > timezone.now())
