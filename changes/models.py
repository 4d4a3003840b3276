"""A change and what was decided about it.

`Change.status` moves only through `services.move`, by compare-and-swap, always with a
`Transition` row. A plan is kept as the canonical text that its digest was taken over.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.fields import AnyTextJSONField
from changes.approval_rules import Policy, Rule, Scope
from changes.kinds import ChangeKind, barred, kind_of
from changes.plan import Plan
from changes.policy import Case
from changes.rollout_states import ROLLOUT_LABELS, RolloutState
from changes.states import LABELS, Label, State


class Change(models.Model):
    """A request of one kind. Its number is its primary key.

    continues  a change that broke off, whose request this one asks for anew, from what its host is like now
    policy     who must approve it, as `Policy.to_json`: frozen when it is submitted, whatever becomes of the rules
    """

    kind = models.CharField(max_length=30)
    params = AnyTextJSONField(default=dict)
    title = models.CharField(max_length=200)
    reason = models.TextField()
    ticket = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=20, default=State.DRAFT, choices=[(s, s) for s in State])
    host = models.ForeignKey("inventory.Host", on_delete=models.PROTECT, related_name="changes")
    vm = models.ForeignKey("inventory.Vm", on_delete=models.PROTECT, null=True, related_name="changes")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    continues = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="continued_by")
    planning = models.BooleanField(default=False)
    plan_json = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    policy = AnyTextJSONField(default=dict)
    refusal = AnyTextJSONField(default=list)
    facts = AnyTextJSONField(default=dict)
    facts_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "-id"]),
            models.Index(fields=["kind", "-id"], name="change_of_kind"),
            models.Index(fields=["requester", "-id"], name="change_of_requester"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def number(self) -> int:
        return self.pk

    @property
    def state(self) -> State:
        return State(self.status)

    @property
    def label(self) -> Label:
        return LABELS[self.state]

    @property
    def plan(self) -> Plan | None:
        return Plan.from_json(self.plan_json) if self.plan_json else None

    @property
    def plan_is_intact(self) -> bool:
        """Whether the stored plan is the one that the digest names."""
        return hashlib.sha256(self.plan_json.encode()).hexdigest() == self.digest

    @property
    def barred(self) -> str:
        """Why its plan starts only under a broken glass; else empty. What is no plan any more the gate calls stale."""
        try:
            return barred(self.plan)
        except ValueError:
            return ""

    @property
    def plan_data(self) -> dict[str, Any] | None:
        """The plan as the JSON that the digest was taken over."""
        data: dict[str, Any] | None = json.loads(self.plan_json) if self.plan_json else None
        return data

    @property
    def the_kind(self) -> ChangeKind:
        return kind_of(self.kind)

    @property
    def needs(self) -> Policy:
        """Who must approve it, as it was when it was submitted."""
        return Policy.from_json(self.policy)

    def case(self, voted: frozenset[int] = frozenset()) -> Case:
        """The change as the policy sees it; `voted` is `voters()` where it matters."""
        return Case(self.state, self.requester_id, self.editor_id, self.digest, self.needs, voted)

    def voters(self) -> frozenset[int]:
        """Who has approved the present plan, but for those who may do so anew since theirs is too old."""
        needs, now = self.needs, timezone.now()
        rows = (row for row in self.approvals.all() if row.digest == self.digest)
        return frozenset(row.approver_id for row in rows if not needs.lapsed(row.at, now))


class Decider(models.Model):
    """Whom a change's frozen policy asks beside those who see every machine: a person it names, or those of a role."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="deciders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.user or self.role} is asked about {self.change_id}"


class Approval(models.Model):
    """A decision on one digest. Rows are never changed; `again` counts the older ones, which lapsed, of that person."""

    APPROVED, REJECTED = "approved", "rejected"

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="approvals")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=[(APPROVED, APPROVED), (REJECTED, REJECTED)])
    digest = models.CharField(max_length=64)
    comment = models.TextField(blank=True)
    again = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["change", "approver", "digest", "again"], name="one_vote_per_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.approver} on {self.digest[:12]}"


class ApprovalRule(models.Model):
    """A rule of who must approve what (`changes.approval_rules`). It is switched off, never deleted.

    The lists say for which changes it counts: one of each has to fit, and an empty one fits everything.
    """

    name = models.CharField(max_length=80, unique=True)
    enabled = models.BooleanField(default=True)
    kinds = models.JSONField(default=list, blank=True)
    owners = models.ManyToManyField("inventory.Owner", blank=True, related_name="+")
    criticality = models.JSONField(default=list, blank=True)
    sites = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    risks = models.JSONField(default=list, blank=True)
    people_needed = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(max_length=20, blank=True, default="approver")
    named = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    owners_needed = models.PositiveSmallIntegerField(default=0)
    hours = models.PositiveIntegerField(null=True, blank=True)
    comment = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> Scope:
        lists = (self.criticality, self.sites, self.tags, self.risks)
        owners = frozenset(owner.pk for owner in self.owners.all())
        return Scope(frozenset(self.kinds), owners, *map(frozenset, lists))

    @property
    def rule(self) -> Rule:
        named = frozenset(user.pk for user in self.named.all())
        return Rule(self.name, self.people_needed, self.role, named, self.owners_needed, self.hours, self.comment)


class Transition(models.Model):
    """A change moved from one state to another: by whom, when and why."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="transitions")
    old = models.CharField(max_length=20)
    new = models.CharField(max_length=20)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"

    @property
    def label(self) -> Label:
        return LABELS[State(self.new)]


class Lock(models.Model):
    """One thing that only one change may hold: `host:app02`, `vm:vm42`.

    The row stays when nobody holds it, because its fence may only grow.
    """

    key = models.CharField(max_length=200, unique=True)
    holder = models.ForeignKey(Change, on_delete=models.PROTECT, null=True, related_name="locks")
    fence = models.PositiveBigIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class Rollout(models.Model):
    """Many changes of one kind under one approval, done in waves. Its number is its primary key.

    digest      over the digests of all parts and their waves, taken when it is submitted: what is approved
    started_by  the operator in whose name each part is started
    sentence    why it stopped
    """

    title = models.CharField(max_length=200)
    reason = models.TextField()
    ticket = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=12, default=RolloutState.DRAFT, choices=[(s, s) for s in RolloutState])
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    wave_size = models.PositiveSmallIntegerField(default=3)
    digest = models.CharField(max_length=64, blank=True)
    sentence = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"rollout #{self.pk} {self.title}"

    @property
    def number(self) -> int:
        return self.pk

    @property
    def state(self) -> RolloutState:
        return RolloutState(self.status)

    @property
    def label(self) -> Label:
        return ROLLOUT_LABELS[self.state]


class RolloutPart(models.Model):
    """One change of a rollout, and the wave that it is in, from 1."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="parts")
    change = models.OneToOneField(Change, on_delete=models.PROTECT, related_name="part")
    wave = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["wave", "pk"]

    def __str__(self) -> str:
        return f"{self.change} in wave {self.wave}"


from changes.glass_models import Glass as Glass  # noqa: E402  # they point back at Change by name
from changes.window_models import Freeze as Freeze  # noqa: E402
from changes.window_models import MaintenanceWindow as MaintenanceWindow  # noqa: E402
from changes.window_models import PickedSlot as PickedSlot  # noqa: E402
