"""The fleet's network as it was last seen: NICs, bonds, what changed when, and when each host is asked again.

The sweep writes rows only where something is other than before; that a host was asked at all stands in `HostNetwork`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone

from changes.states import Label
from inventory.counting import holding
from inventory.models import Host
from networking.bonding.states import HEALTH_LABELS, WORST_FIRST, HealthState

STATES = [(state.value, HEALTH_LABELS[state].word) for state in WORST_FIRST]


HEARS_NOBODY = (Q(bond__isnull=False) | Q(used=True)) & Q(present=True, carrier=True, switch="")
"""A port in use, with a link, that no switch says its name to."""


class HostNetwork(models.Model):
    """When a host's network was asked for, what came of it, and when it is asked again.

    seen_at    the last good answer; tried_at the last attempt, error its sentence, empty when it was good
    misses     attempts since the last good one
    digest     of the last lean answer, so that the same answer again costs nothing; full_at the last whole one
    files_at   when its configuration files were last compared with what runs
    unsettled  something shown here fades with time (failures of the last hour), so the same answer is read again
    """

    host = models.OneToOneField(Host, on_delete=models.CASCADE, related_name="network", primary_key=True)
    seen_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    misses = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    boot_id = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    full_at = models.DateTimeField(null=True)
    files_at = models.DateTimeField(null=True)
    unsettled = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=("next_at", "host"), name="network_due"),
            models.Index(fields=("tried_at",), name="network_tried"),
            models.Index(fields=("lease_owner",), name="network_lease"),
        )

    def __str__(self) -> str:
        return f"network of {self.host_id}"


class BondQuerySet(models.QuerySet["Bond"]):
    def there(self) -> BondQuerySet:
        """Those that the last answer of their host had."""
        return self.filter(present=True)

    def matching(self, text: str) -> BondQuerySet:
        """By a part of its host's name, or its own name; one query."""
        return holding(self, bonds_with(text), bond_words(text), few=1_000)


def bond_words(text: str) -> Q:
    return Q(host__name__icontains=text) | Q(name__iexact=text)


def bonds_with(text: str) -> models.QuerySet[Any, Any]:
    """Keys of bonds with a part of their host's name, or of this name. Apart, so that each side has its index."""
    hosts = Host.objects.order_by().filter(name__icontains=text)
    of_hosts = Bond.objects.order_by().filter(host__in=hosts.values("pk"))
    named = Bond.objects.order_by().filter(name__iexact=text)
    return of_hosts.values("pk").union(named.values("pk"), all=True)


class Bond(models.Model):
    """A bond as last seen.

    state, rank, sentence, evidence  the worst finding; rank is its place in WORST_FIRST
    findings   every finding: {"state", "sentence", "evidence"}
    since      when it came into this state; seen_at is its host's
    ports      in the kernel's order: the fields of `seen.PortSeen`, which drawings and lists need no other row for
    failures_hour, failures_day  link failures that were new within that time
    drift      sentences in which its files and the kernel differ; untold: why that cannot be told, empty if it can
    present    False once its host answered without it; the history stays
    one_switch the switch that all its ports hang on, where it has several and that is known; else empty
    """

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="bonds")
    name = models.CharField(max_length=15)
    present = models.BooleanField(default=True)
    mode = models.CharField(max_length=20, blank=True)
    primary = models.CharField(max_length=15, blank=True)
    primary_reselect = models.CharField(max_length=10, blank=True)
    miimon = models.IntegerField(null=True)
    active = models.CharField(max_length=15, blank=True)
    active_mbps = models.PositiveIntegerField(null=True)
    active_nominal_mbps = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=20, choices=STATES)
    rank = models.PositiveSmallIntegerField()
    sentence = models.TextField()
    evidence = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    since = models.DateTimeField()
    ports = models.JSONField(default=list)
    addresses = models.JSONField(default=list)
    failures_hour = models.PositiveIntegerField(default=0)
    failures_day = models.PositiveIntegerField(default=0)
    drift = models.JSONField(default=list)
    untold = models.TextField(blank=True)
    one_switch = models.CharField(max_length=120, blank=True)
    changed_at = models.DateTimeField()

    objects = BondQuerySet.as_manager()

    class Meta:
        ordering = ("rank", "-since", "pk")
        constraints = (models.UniqueConstraint(fields=("host", "name"), name="networking_bond_once"),)
        indexes = (
            models.Index(fields=("present", "rank", "-since", "id"), name="bond_worst_first"),
            models.Index(fields=("changed_at", "id"), name="bond_changed"),
            models.Index(Upper("name"), name="bond_by_name"),
            models.Index(fields=("host",), name="bond_on_one_switch", condition=Q(present=True, one_switch__gt="")),
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.host}"

    def get_absolute_url(self) -> str:
        return reverse("bond", args=[self.host.name, self.name])

    @property
    def health(self) -> HealthState:
        return HealthState(self.state)

    @property
    def label(self) -> Label:
        return HEALTH_LABELS[self.health]


class Nic(models.Model):
    """A network port of a host, known by its permanent MAC address (`key`; its name where it has none).

    nominal_mbps  the largest speed known of it: what the driver supports, or the fastest it was ever seen at
    present       False once its host answered without it; kept for what is known of it
    active        its bond's traffic runs over it; used: it has addresses of its own, or something stands on it
    idle          a fast port that has a link and does nothing, as `networking.idle` judges its host's ports
    """

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="nics")
    key = models.CharField(max_length=32)
    name = models.CharField(max_length=15)
    present = models.BooleanField(default=True)
    permanent_address = models.CharField(max_length=20, blank=True)
    driver = models.CharField(max_length=40, blank=True)
    bus = models.CharField(max_length=40, blank=True)
    mtu = models.PositiveIntegerField(default=0)
    up = models.BooleanField(default=False)
    carrier = models.BooleanField(null=True)
    speed_mbps = models.PositiveIntegerField(null=True)
    nominal_mbps = models.PositiveIntegerField(null=True)
    duplex = models.CharField(max_length=10, blank=True)
    addresses = models.JSONField(default=list)
    bond = models.ForeignKey(Bond, on_delete=models.SET_NULL, null=True, related_name="nics")
    active = models.BooleanField(default=False)
    used = models.BooleanField(default=False)
    idle = models.BooleanField(default=False)
    switch = models.CharField(max_length=120, blank=True)
    switch_port = models.CharField(max_length=80, blank=True)
    first_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("host", "key"), name="networking_nic_once"),)
        indexes = (
            models.Index(fields=("switch", "switch_port"), name="nic_at_switch"),
            models.Index(Upper("switch"), name="nic_by_switch"),
            models.Index(fields=("host",), name="nic_that_idles", condition=Q(idle=True)),
            models.Index(fields=("host",), name="nic_that_hears_nobody", condition=HEARS_NOBODY),
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.host}"


class BondMove(models.Model):
    """Something about a bond became other than it was. `what` is {field: [before, after]}."""

    bond = models.ForeignKey(Bond, on_delete=models.CASCADE, related_name="moves")
    at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=STATES)
    sentence = models.TextField()
    what = models.JSONField(default=dict)

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("bond", "-id"), name="move_newest"),)

    def __str__(self) -> str:
        return f"{self.bond_id} {self.state}"

    @property
    def label(self) -> Label:
        return HEALTH_LABELS[HealthState(self.state)]

    def changes(self) -> list[tuple[str, Any, Any]]:
        """(what, before, after) in words for the page."""
        return [(name.replace("_", " "), before, after) for name, (before, after) in self.what.items()]


class LinkFailures(models.Model):
    """`count` new failures of a port's link, found by the sweep at that time."""

    bond = models.ForeignKey(Bond, on_delete=models.CASCADE, related_name="link_failures")
    port = models.CharField(max_length=15)
    at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = (models.Index(fields=("bond", "at"), name="failures_recent"),)

    def __str__(self) -> str:
        return f"{self.count} of {self.port}"


class SweepWish(models.Model):
    """Somebody asked for the whole fleet, or one host, to be seen now. `total` hosts were to be asked."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    host = models.ForeignKey(Host, on_delete=models.CASCADE, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    total = models.PositiveIntegerField(default=0)

    GIVEN_UP = timedelta(minutes=15)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"sweep of {self.host_id or 'all'}"
