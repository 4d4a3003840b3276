"""Owners, VMs, hosts, host keys, credentials and last known facts.

Recurring filters live on the querysets; writing that decides something is in `inventory.services`.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from inventory.names import validate_address, validate_login, validate_machine_name
from inventory.states import (
    CRITICALITY_LABELS,
    KEY_LABELS,
    SIMULATED,
    TRUST_LABELS,
    Criticality,
    HostTrust,
    KeyState,
    Label,
    trust_of,
)

MOST_JUMPS = 4
"""A chain of jump hosts is at most this long."""


class Owner(models.Model):
    """A person or a team that answers for machines."""

    class Kind(models.TextChoices):
        PERSON = "person", "a person"
        TEAM = "team", "a team"

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TEAM)
    email = models.EmailField("e-mail", blank=True)
    phone = models.CharField(max_length=40, blank=True)
    deputy = models.CharField(max_length=120, blank=True, help_text="Who answers when the owner does not.")
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="inventory_owner_name_once",
                violation_error_message="There is an owner of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("owner", args=[self.pk])


class Vm(models.Model):
    """A machine known by name, which may be lost: whose it is, how much it matters, its last backup."""

    name = models.CharField(max_length=63, validators=[validate_machine_name])
    owner = models.ForeignKey(Owner, on_delete=models.PROTECT, null=True, blank=True, related_name="vms")
    criticality = models.CharField(
        max_length=8, choices=[(str(c), c.value) for c in Criticality], default=Criticality.NORMAL.value
    )
    service = models.CharField(max_length=200, blank=True, help_text="What runs on it, in a few words.")
    last_backup_at = models.DateTimeField(
        "last backup", null=True, blank=True, help_text="When its last good backup was made."
    )
    note = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = "VM"
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="inventory_vm_name_once",
                violation_error_message="There is a VM of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("vm", args=[self.name])

    @property
    def label(self) -> Label:
        return CRITICALITY_LABELS[Criticality(self.criticality)]


class Credential(models.Model):
    """A way to sign in to hosts. Its secret is encrypted (inventory.vault); only workers open it.

    public_key  OpenSSH line of a key pair, to be put on hosts
    key_file    path on the workers, for kind `file`
    key_id, wrapped_key, nonce, ciphertext  the envelope: which key of the list wraps this row's own key
    """

    class Kind(models.TextChoices):
        KEY = "key", "a private key kept here"
        PASSWORD = "password", "a password kept here"  # noqa: S105  # the word for the kind
        AGENT = "agent", "an ssh-agent beside the worker"
        FILE = "file", "a key file beside the worker"

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind)
    user = models.CharField(max_length=32, blank=True, help_text="Login that it belongs to, as a hint.")
    public_key = models.TextField(blank=True)
    key_file = models.CharField(max_length=255, blank=True)
    key_id = models.CharField(max_length=32, blank=True, editable=False)
    wrapped_key = models.BinaryField(default=bytes, editable=False)
    nonce = models.BinaryField(default=bytes, editable=False)
    ciphertext = models.BinaryField(default=bytes, editable=False)
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="inventory_credential_name_once",
                violation_error_message="There is a credential of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name


def _key_exists(state: KeyState) -> Exists:
    return Exists(HostKey.objects.filter(host=OuterRef("pk"), state=state))


class HostQuerySet(models.QuerySet["Host"]):
    def with_trust(self) -> HostQuerySet:
        """Annotates `has_trusted` and `has_pending`, from which `Host.trust` reads without a query."""
        return self.annotate(has_trusted=_key_exists(KeyState.TRUSTED), has_pending=_key_exists(KeyState.PENDING))

    def of_trust(self, trust: HostTrust) -> HostQuerySet:
        trusted, pending = {
            HostTrust.NONE: (False, False),
            HostTrust.PENDING: (False, True),
            HostTrust.TRUSTED: (True, False),
            HostTrust.CHANGED: (True, True),
        }[trust]
        wanted = {KeyState.TRUSTED: trusted, KeyState.PENDING: pending}
        return self.filter(*(_key_exists(state) if there else ~_key_exists(state) for state, there in wanted.items()))

    def matching(self, text: str) -> HostQuerySet:
        return self.filter(Q(name__icontains=text) | Q(address__icontains=text) | Q(vm__name__icontains=text))


class Host(models.Model):
    """A machine that we reach over SSH."""

    name = models.CharField(
        max_length=63, validators=[validate_machine_name], help_text="As people call it; it names the page."
    )
    address = models.CharField(
        max_length=253, validators=[validate_address], help_text="IP address or DNS name, as the worker sees it."
    )
    port = models.PositiveIntegerField(
        default=22, validators=[MinValueValidator(1), MaxValueValidator(65535)], help_text="SSH port."
    )
    user = models.CharField(
        "login", max_length=32, default="regroup", validators=[validate_login], help_text="Account to sign in as."
    )
    sudo = models.BooleanField(
        "uses sudo", default=True, help_text="Becomes root through sudo without a password; off if the login is root."
    )
    jump = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="behind", verbose_name="jump host",
        help_text="Host through which this one is reached.",
    )  # fmt: skip
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, null=True, blank=True, related_name="hosts")
    vm = models.OneToOneField(
        Vm, on_delete=models.SET_NULL, null=True, blank=True, related_name="host", verbose_name="VM",
        help_text="The VM that this host is, if it is one.",
    )  # fmt: skip
    site = models.CharField(max_length=80, blank=True, help_text="Where it stands, in a word.")
    rack = models.CharField(max_length=40, blank=True, help_text="Rack there, if the topology is to show it.")
    simulated = models.BooleanField(default=False, editable=False)
    pair = models.CharField(
        max_length=80, blank=True,
        help_text="A name shared by hosts that stand in for one another: never two are changed at once.",
    )  # fmt: skip
    note = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)

    objects = HostQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="inventory_host_name_once",
                violation_error_message="There is a host of this name already.",
            ),
            models.UniqueConstraint(
                Lower("address"),
                "port",
                condition=Q(jump__isnull=True),
                name="inventory_host_place_once",
                violation_error_message="Another host has this address and port already.",
            ),
            models.UniqueConstraint(
                Lower("address"),
                "port",
                "jump",
                name="inventory_host_place_behind_once",
                violation_error_message="Another host behind this jump host has this address and port already.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("host", args=[self.name])

    def clean(self) -> None:
        seen, via = {self.pk} if self.pk else set(), self.jump
        while via:
            if via.pk in seen or len(seen) > MOST_JUMPS:
                sentence = f"{self.jump} is reached through this host, or through too many others."
                raise ValidationError({"jump": sentence})
            seen.add(via.pk)
            via = via.jump

    @property
    def trust(self) -> HostTrust:
        """From the annotations of `with_trust`, else from the keys."""
        noted = {KeyState.TRUSTED: "has_trusted", KeyState.PENDING: "has_pending"}
        if hasattr(self, "has_trusted"):
            return trust_of({state for state, name in noted.items() if getattr(self, name)})
        return trust_of(set(self.keys.values_list("state", flat=True)))

    @property
    def label(self) -> Label:
        return TRUST_LABELS[self.trust]

    @property
    def simulated_label(self) -> Label:
        return SIMULATED


class HostKey(models.Model):
    """A public key that a host showed, or that somebody says it has."""

    class Source(models.TextChoices):
        SCAN = "scan", "shown to a scan"
        CONNECTION = "connection", "shown to a connection"
        TYPED = "typed", "given by a person"
        IMPORT = "import", "from an import"

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="keys")
    algorithm = models.CharField(max_length=64)
    key_base64 = models.TextField()
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(
        max_length=8, choices=[(str(s), s.value) for s in KeyState], default=KeyState.PENDING.value
    )
    source = models.CharField(max_length=12, choices=Source, default=Source.SCAN)
    seen_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-seen_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("host", "fingerprint"),
                condition=~Q(state=KeyState.REVOKED.value),
                name="inventory_hostkey_once",
            ),
            models.UniqueConstraint(
                fields=("host", "algorithm"),
                condition=Q(state=KeyState.TRUSTED.value),
                name="inventory_hostkey_trusted_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.algorithm} {self.fingerprint}"

    @property
    def label(self) -> Label:
        return KEY_LABELS[KeyState(self.state)]


class HostFacts(models.Model):
    """What the host last said, and what went wrong when it was last asked.

    facts, at   the last good answer as JSON, and when; both None before the first
    error       sentence of the last attempt, empty when it was good; tried_at when that was
    """

    host = models.OneToOneField(Host, on_delete=models.CASCADE, related_name="facts", primary_key=True)
    facts = models.JSONField(null=True, blank=True)
    at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    tried_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "host facts"

    def __str__(self) -> str:
        return f"facts of {self.host_id}"
