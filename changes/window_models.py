"""Maintenance windows, freezes, and the slots that changes picked.

A window or a freeze counts for hosts by name, for those of some owners, for those at some sites, or for everything.
Neither is deleted: it is switched off.
"""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.db import models

from changes.timing import Frozen, Scope
from changes.windows import Slot, Window, said
from inventory.models import Host


class Scoped(models.Model):
    """What a window and a freeze have in common. Only the list that `scope` names is looked at."""

    name = models.CharField(max_length=80, unique=True)
    enabled = models.BooleanField(default=True)
    scope = models.CharField(
        max_length=12, default=Scope.EVERYTHING.value, choices=[(one.value, one.value) for one in Scope]
    )
    hosts = models.ManyToManyField("inventory.Host", blank=True, related_name="+")
    owners = models.ManyToManyField("inventory.Owner", blank=True, related_name="+")
    sites = models.JSONField(default=list, blank=True)
    zone = models.CharField(max_length=60, default="UTC")

    class Meta:
        abstract = True
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def at_site(self, host: Host) -> bool:
        """Whether it counts for the host's site, or for that of the VM that it is; of another scope it does anyhow."""
        there = {host.site, host.vm.site if host.vm else ""} - {""}
        return self.scope != Scope.SITES or bool(there & set(self.sites))


class MaintenanceWindow(Scoped):
    """When work may be done on the hosts (`changes.windows.Window`)."""

    rule = models.CharField(max_length=200)
    day = models.DateField()
    at = models.TimeField(default=time(2))
    minutes = models.PositiveIntegerField(default=120)

    @property
    def window(self) -> Window:
        return Window(self.name, self.rule, self.day, self.at, self.minutes, self.zone)


class Freeze(Scoped):
    """From when to when nothing starts on the hosts, whatever their windows say."""

    starts = models.DateTimeField()
    ends = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta(Scoped.Meta):
        ordering = ("-ends",)
        indexes = (models.Index(fields=("enabled", "ends"), name="freeze_that_holds"),)

    @property
    def frozen(self) -> Frozen:
        return Frozen(self.name, self.span, self.reason, self.zone)

    @property
    def span(self) -> Slot:
        return Slot(self.starts, self.ends)


class PickedSlot(models.Model):
    """When a change is to start: the present pick; the audit has the ones before.

    missed_at  when it was noted that the change had not started in it
    """

    change = models.OneToOneField("changes.Change", on_delete=models.CASCADE, related_name="slot")
    starts = models.DateTimeField()
    ends = models.DateTimeField(db_index=True)
    zone = models.CharField(max_length=60, default="UTC")
    picked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    picked_at = models.DateTimeField()
    missed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("starts",)

    def __str__(self) -> str:
        return said(self.span, self.zone)

    @property
    def span(self) -> Slot:
        return Slot(self.starts, self.ends)
