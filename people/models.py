"""Users and their API tokens. Roles are Django groups by the names in `people.roles`."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone

from people.scopes import ALL, Scope, read


class User(AbstractUser):
    """A person who signs in. Being a superuser gives no right anywhere in Regroup.

    source   who vouches for this person: Regroup itself, by a password that it keeps, or a directory
    subject  what the directory calls them for ever
    """

    class Source(models.TextChoices):
        LOCAL = "local", "this Regroup"
        LDAP = "ldap", "the directory (LDAP)"
        OIDC = "oidc", "the sign-in provider (OpenID Connect)"

    display_name = models.CharField(max_length=120, blank=True, help_text="As colleagues know this person.")
    source = models.CharField(max_length=8, choices=Source, default=Source.LOCAL)
    subject = models.CharField(max_length=255, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("source", "subject"), condition=~Q(subject=""), name="people_user_vouched_once"
            ),
        )

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
    scopes = models.CharField(max_length=80, default=ALL)

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

    @property
    def scope_set(self) -> frozenset[Scope]:
        return read(self.scopes)


class Session(AbstractBaseSession):
    """A browser that is signed in, or about to be. Since when, from where and with what: as it was at the sign-in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    since = models.DateTimeField(null=True)
    ip = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"{self.user} since {self.since}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from people.session_store import SessionStore  # which stands on this table

        return SessionStore


class Totp(models.Model):
    """Somebody's authenticator app: one a person, counted once it is confirmed by a code of it.

    key_id, wrapped_key, nonce, ciphertext  the shared secret, sealed (people.vault)
    last_slot  the time slot of the last code taken: neither it nor an earlier one is taken again
    failures   wrong codes since the last right one; after a few, nothing is read before `locked_until`
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="totp")
    key_id = models.CharField(max_length=32)
    wrapped_key = models.BinaryField()
    nonce = models.BinaryField()
    ciphertext = models.BinaryField()
    created = models.DateTimeField(default=timezone.now)
    confirmed = models.DateTimeField(null=True, blank=True)
    last_slot = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"The authenticator app of {self.user}"


class PasswordTries(models.Model):
    """Wrong passwords in a row for one name from one address (people.tries). `who` tells neither of the two."""

    who = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last = models.DateTimeField(default=timezone.now, db_index=True)
    locked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.failures} wrong passwords, the last at {self.last}"


class RecoveryCode(models.Model):
    """Stands in for the app once. 80 random bits, so that its sha256 is enough; the text is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    hash = models.CharField(max_length=64, unique=True)
    used = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"A recovery code of {self.user}"


class SecurityKey(models.Model):
    """A key (WebAuthn) that stands in for the app's code. Nothing secret: its public half.

    sign_count  how often it has signed, by its own count: one that goes back is a copy, and refused
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="security_keys")
    name = models.CharField(max_length=80)
    credential_id = models.CharField(max_length=1400, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now)
    last_used = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created", "id")

    def __str__(self) -> str:
        return self.name


class KeptFilter(models.Model):
    """A filter of a list that somebody keeps under a name (people.kept).

    page   which list, a key of people.filtered_lists
    words  of the list's query string; checked anew whenever it is opened
    shared whether everybody sees it at that list
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="kept_filters")
    page = models.CharField(max_length=16)
    name = models.CharField(max_length=60)
    words = models.JSONField(default=dict)
    shared = models.BooleanField(default=False)

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=("user", "page", "name"), name="kept_filter_once"),)
        indexes = (models.Index(fields=("page",), condition=models.Q(shared=True), name="kept_filter_shared"),)

    def __str__(self) -> str:
        return self.name
