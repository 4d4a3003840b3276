"""Owners, VMs, hosts, host keys, credentials and last known facts.

Recurring filters live on the querysets; writing that decides something is in `inventory.services`.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from inventory.counting import counted, holding
from inventory.names import tag_words, validate_address, validate_login, validate_machine_name, validate_tags
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
from people.actor import Actor

WORST_FIRST = ("criticality", "waits_since", "id")
UNOWNED, OWNED = Q(owner__isnull=True), Q(owner__isnull=False)
OF_ITSELF = Q(vm__isnull=True)
"""A host that answers for itself: no VM says whose it is."""
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


class Membership(models.Model):
    """A person who signs in, and belongs to an owner; a deputy from and until the days named, both included.

    added_by, added_at  who put them there: for a while they do not speak for the owner in that person's own changes
                        (`changes.policies`), nor for what that person gave it; None from before that was kept
    """

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="+", verbose_name="person")
    deputy = models.BooleanField(default=False, help_text="Stands in for the owner, on the days below.")
    since = models.DateField("from", null=True, blank=True, help_text="First day; empty for no limit.")
    until = models.DateField(null=True, blank=True, help_text="Last day; empty for no limit.")
    added_by = models.ForeignKey(
        "people.User", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    added_at = models.DateTimeField(null=True, editable=False, auto_now_add=True)

    class Meta:
        ordering = ("deputy", "user__username")
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "user"),
                name="inventory_member_once",
                violation_error_message="This person belongs to the owner already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}, {'deputy' if self.deputy else 'member'} of {self.owner}"

    def clean(self) -> None:
        if self.since and self.until and self.until < self.since:
            raise ValidationError({"until": "The last day is before the first one."})


class Owned(models.Model):
    """What a VM and a host have in common: whose it is, how much it matters, who last said so.

    confirmed_at, confirmed_by  when its owner last said "yes, still mine", and who it was
    waits_since  from when on nobody has said so: the last confirmation, else when this owner got it
    asked_at     when its owner was last asked by mail; claimed before the mail is sent
    disowned     why it was said to be nobody's, in the words of whoever said it
    given_by, given_at  who gave it this owner, until another of the owner's people has said that it is theirs:
                 whoever gives a machine away does not approve for those who got it (`changes.policies`)
    """

    owner = models.ForeignKey(
        Owner, on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss",
        help_text="Who answers for it.",
    )  # fmt: skip
    criticality = models.CharField(
        max_length=8, choices=[(str(c), c.value) for c in Criticality], default=Criticality.NORMAL.value
    )
    service = models.CharField(max_length=200, blank=True, help_text="What runs on it, in a few words.")
    tags = models.CharField(
        max_length=200, blank=True, validators=[validate_tags], help_text="Words to find it by, with spaces between."
    )
    site = models.CharField(max_length=80, blank=True, help_text="Where it stands, in a word.")
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by = models.CharField(max_length=150, blank=True, editable=False)
    waits_since = models.DateTimeField(default=timezone.now, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    disowned = models.TextField(blank=True, editable=False)
    given_by = models.ForeignKey(
        "people.User", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    given_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def label_of_criticality(self) -> Label:
        return CRITICALITY_LABELS[Criticality(self.criticality)]

    @property
    def tag_set(self) -> frozenset[str]:
        return tag_words(self.tags)

    def owner_moved(self) -> None:
        """Another owner, who has not said anything yet and is to be asked; not saved."""
        self.confirmed_at, self.confirmed_by, self.asked_at, self.disowned = None, "", None, ""
        self.waits_since = timezone.now()

    def owner_given(self, by: Actor | None) -> None:
        """Somebody said whose it is, or which VM says so; not saved. Raises ValueError where nobody is named."""
        if by is None:
            raise ValueError("Name who gives the machine its owner.")
        self.given_by_id, self.given_at = by.id, timezone.now()


class Vm(Owned):
    """A machine known by name, which may be lost: whose it is, how much it matters, its last backup."""

    name = models.CharField(max_length=63, validators=[validate_machine_name])
    last_backup_at = models.DateTimeField(
        "last backup", null=True, blank=True, help_text="When its last good backup was made."
    )
    note = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(Owned.Meta):
        ordering = ("name",)
        verbose_name = "VM"
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="inventory_vm_name_once",
                violation_error_message="There is a VM of this name already.",
            ),
        )
        indexes = (
            models.Index(fields=("name",), name="vm_by_name"),
            models.Index(fields=WORST_FIRST, name="vm_nobodys", condition=UNOWNED),
            models.Index(fields=(*WORST_FIRST, "confirmed_at"), name="vm_owned", condition=OWNED),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("vm", args=[self.name])

    @property
    def label(self) -> Label:
        return self.label_of_criticality


class Credential(models.Model):
    """A way to sign in to hosts. Its secret is encrypted (people.vault); only workers open it.

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


SHOWS = {
    HostTrust.NONE: (False, False),
    HostTrust.PENDING: (False, True),
    HostTrust.TRUSTED: (True, False),
    HostTrust.CHANGED: (True, True),
}
"""Of each trust, whether a host has a trusted key, and a pending one."""


def _key_exists(state: KeyState) -> Exists:
    return Exists(HostKey.objects.filter(host=OuterRef("pk"), state=state))


class HostQuerySet(models.QuerySet["Host"]):
    def with_trust(self) -> HostQuerySet:
        """Reads along what `Host.trust` needs: one query more, however many hosts there are."""
        keys = HostKey.objects.exclude(state=KeyState.REVOKED).only("host", "state").order_by()
        return self.prefetch_related(models.Prefetch("keys", keys, to_attr="keys_that_count"))

    def by_trust(self) -> tuple[dict[HostTrust, int], int]:
        """How many there are of each trust, and how many trusted ones did not answer when last asked.

        One query, and no look at the keys of each host by itself.
        """
        of_these = {"host__in": self.order_by()} if self.query.where else {}  # else it would join them all for nothing
        keys = HostKey.objects.filter(**of_these)
        pending = keys.filter(state=KeyState.PENDING)
        beside = HostKey.objects.filter(host=OuterRef("host"), state=KeyState.TRUSTED)
        silent = Host.objects.filter(facts__error__gt="").of_trust(HostTrust.TRUSTED)
        hosts = Count("host", distinct=True)
        found = counted(
            all=(self, Count("*")),
            trusted=(keys.filter(state=KeyState.TRUSTED), hosts),
            pending=(pending, hosts),
            both=(pending.filter(Exists(beside)), hosts),
            silent=(silent.filter(pk__in=self.order_by()) if of_these else silent, Count("*")),
        )
        of_trust = {
            HostTrust.NONE: found["all"] - found["trusted"] - found["pending"] + found["both"],
            HostTrust.PENDING: found["pending"] - found["both"],
            HostTrust.TRUSTED: found["trusted"] - found["both"],
            HostTrust.CHANGED: found["both"],
        }
        return of_trust, found["silent"]

    def of_trust(self, trust: HostTrust) -> HostQuerySet:
        trusted, pending = SHOWS[trust]
        wanted = {KeyState.TRUSTED: trusted, KeyState.PENDING: pending}
        return self.filter(*(_key_exists(state) if there else ~_key_exists(state) for state, there in wanted.items()))

    def matching(self, text: str) -> HostQuerySet:
        """By a part of name, address or tags, its own or its VM's; one query."""
        return holding(self, hosts_with(text), host_words(text))

    def of_owner(self, owner: Q) -> HostQuerySet:
        """Those whose owner, or whose VM's owner, holds the condition (`Q` on the fields of Owner).

        Apart, so that each side has its index.
        """
        owners = Owner.objects.filter(owner).order_by().values("pk")
        own = Host.objects.filter(vm__isnull=True, owner__in=owners)
        of_vms = Host.objects.filter(vm__in=Vm.objects.order_by().filter(owner__in=owners).values("pk"))
        return self.filter(pk__in=own.order_by().values("pk").union(of_vms.order_by().values("pk"), all=True))


def _own_words(text: str) -> Q:
    return Q(name__icontains=text) | Q(address__icontains=text) | Q(tags__icontains=text)


def host_words(text: str) -> Q:
    """A part of a host's words, or of its VM's."""
    return _own_words(text) | Q(vm__name__icontains=text) | Q(vm__tags__icontains=text)


def vms_with(text: str) -> models.QuerySet[Vm]:
    return Vm.objects.order_by().filter(Q(name__icontains=text) | Q(tags__icontains=text))


def hosts_with(text: str) -> models.QuerySet[Any, Any]:
    """Keys of hosts with a part of the words of themselves or their VM. Apart, so that each side has its index."""
    own = Host.objects.order_by().filter(_own_words(text))
    of_vms = Host.objects.order_by().filter(vm__in=vms_with(text).values("pk"))
    return own.values("pk").union(of_vms.values("pk"), all=True)


class Host(Owned):
    """A machine that we reach over SSH. Where it is a VM, the VM says whose it is (`answers`)."""

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
    rack = models.CharField(max_length=40, blank=True, help_text="Rack there, if the topology is to show it.")
    simulated = models.BooleanField(default=False, editable=False)
    pair = models.CharField(
        max_length=80, blank=True,
        help_text="A name shared by hosts that stand in for one another: never two are changed at once.",
    )  # fmt: skip
    note = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)

    objects = HostQuerySet.as_manager()

    class Meta(Owned.Meta):
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
        indexes = (
            models.Index(fields=("name",), name="host_by_name"),
            models.Index(fields=("site", "name"), name="host_by_site"),
            models.Index(fields=WORST_FIRST, name="host_nobodys", condition=OF_ITSELF & UNOWNED),
            models.Index(fields=(*WORST_FIRST, "confirmed_at"), name="host_owned", condition=OF_ITSELF & OWNED),
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
    def answers(self) -> Owned:
        """The row that says whose this machine is: the VM that the host is, else the host itself."""
        return self.vm or self

    @property
    def trust(self) -> HostTrust:
        """From what `with_trust` has read, else from the keys."""
        read: list[HostKey] | None = getattr(self, "keys_that_count", None)
        return trust_of(
            {key.state for key in read} if read is not None else set(self.keys.values_list("state", flat=True))
        )

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
        HYPERVISOR = "hypervisor", "told by its agent to the hypervisor"

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
        indexes = (
            models.Index(fields=("host",), name="hostkey_trusted", condition=Q(state=KeyState.TRUSTED.value)),
            models.Index(fields=("host",), name="hostkey_pending", condition=Q(state=KeyState.PENDING.value)),
        )

    def __str__(self) -> str:
        return f"{self.algorithm} {self.fingerprint}"

    @property
    def label(self) -> Label:
        return KEY_LABELS[KeyState(self.state)]


class ExpectedKey(models.Model):
    """A fingerprint that an import gave for a host whose key was not seen yet: a key that shows it is trusted.

    given_by  who confirmed the import, and so the key
    """

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="expected_keys")
    fingerprint = models.CharField(max_length=64)
    given_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("host", "fingerprint")
        constraints = (models.UniqueConstraint(fields=("host", "fingerprint"), name="inventory_expected_once"),)

    def __str__(self) -> str:
        return f"{self.fingerprint} of {self.host}"


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
        indexes = (models.Index(fields=("host",), name="hostfacts_silent", condition=Q(error__gt="")),)

    def __str__(self) -> str:
        return f"facts of {self.host_id}"


class Asking(models.Model):
    """A mail that asks an owner about one machine; written before the mail is sent, so that it is sent once at most.

    sent_at     when the mail was handed over; None with no error: a worker ended in between, and nobody knows
    answered_at, answer  the link is for one answer: `mine` or `not_mine`
    """

    vm = models.ForeignKey(Vm, on_delete=models.CASCADE, null=True, related_name="askings")
    host = models.ForeignKey(Host, on_delete=models.CASCADE, null=True, related_name="askings")
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="askings")
    email = models.EmailField()
    asked_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.email} asked about {self.machine}"

    @property
    def machine(self) -> Vm | Host:
        machine = self.vm or self.host
        if machine is None:
            raise ValueError("An asking is about a VM or a host.")
        return machine
