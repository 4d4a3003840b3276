"""The form of a rule of approval, for the page and the API; whoever saves it is audited with what was changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from audit.services import record
from changes.approval_rules import Scope
from changes.kinds import kinds
from changes.models import ApprovalRule
from changes.risks import RISK_WORDS
from inventory.models import Owner
from inventory.states import CRITICALITY_LABELS
from people.actor import Actor
from people.models import User
from people.roles import Role

MOST_PEOPLE, MOST_HOURS = 20, 8760
BOXES = forms.CheckboxSelectMultiple
VOTERS = [(role.value, f"{role.value}s") for role in (Role.APPROVER, Role.OPERATOR, Role.REQUESTER, Role.ADMINISTRATOR)]


class Words(forms.CharField):
    """Words with spaces between, as a list: sites and tags."""

    def prepare_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = value if isinstance(value, list) else (super().to_python(value) or "").split()
        return sorted(set(map(str, words)))


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A rule: for which changes it counts, and what it needs."""

    kinds = forms.MultipleChoiceField(required=False, widget=BOXES, help_text="None chosen: any kind.")
    owners = forms.ModelMultipleChoiceField(
        Owner.objects.all(), required=False, widget=BOXES, help_text="Of the VM or the host. None chosen: anybody's."
    )
    criticality = forms.MultipleChoiceField(
        required=False, widget=BOXES, choices=[(one.value, label.word) for one, label in CRITICALITY_LABELS.items()],
        help_text="Of any VM or host concerned. None chosen: any.",
    )  # fmt: skip
    sites = Words(required=False, help_text="Words with spaces between. Empty: anywhere.")
    tags = Words(required=False, help_text="One of them has to be there. Empty: any.")
    risks = forms.MultipleChoiceField(
        required=False, widget=BOXES, choices=[(risk.value, words) for risk, words in RISK_WORDS.items()],
        help_text="Read from the plan; one of those chosen has to be there. None chosen: any plan.",
    )  # fmt: skip
    people_needed = forms.IntegerField(
        min_value=0, max_value=MOST_PEOPLE, initial=1, label="How many people",
        help_text="Of the role, or of those named.",
    )  # fmt: skip
    role = forms.ChoiceField(choices=VOTERS, initial=Role.APPROVER.value, label="Of the role")
    named = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("username"), required=False, widget=BOXES,
        label="Or of these people", help_text="Where somebody is chosen, only they count, whatever their roles.",
    )  # fmt: skip
    owners_needed = forms.IntegerField(
        min_value=0, max_value=MOST_PEOPLE, initial=0, label="How many owners beside them",
        help_text="People who belong to the owner of the VM, or of the host where there is none.",
    )  # fmt: skip
    hours = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_HOURS, label="An approval counts for",
        help_text="Hours. Empty: as long as the plan.",
    )  # fmt: skip
    comment = forms.BooleanField(required=False, initial=True, label="An approval has to say something")

    class Meta:
        model = ApprovalRule
        fields = (
            *("name", "kinds", "owners", "criticality", "sites", "tags", "risks"),
            *("people_needed", "role", "named", "owners_needed", "hours", "comment"),
        )
        help_texts = {"name": "In a few words; the gate shows it."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(kind.key, kind.title) for kind in kinds()]  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        people, owners, named = data.get("people_needed"), data.get("owners_needed"), data.get("named")
        if people == 0 and owners == 0:
            raise ValidationError("A rule needs at least one approval: say how many people, or how many owners.")
        if named and people and len(named) < people:
            self.add_error("named", f"Name at least {people} people, since so many have to approve.")
        if named and people == 0:
            self.add_error("people_needed", "Say how many of the people named have to approve.")
        return data


@transaction.atomic
def rule_save(form: RuleForm, by: Actor) -> ApprovalRule:
    """Save a form that holds. Open requests keep what was frozen into them."""
    new = form.instance.pk is None
    before = {} if new else described(ApprovalRule.objects.get(pk=form.instance.pk))
    rule: ApprovalRule = form.save()
    _note("policy.create" if new else "policy.edit", rule, by, {"before": before, "after": described(rule)})
    return rule


@transaction.atomic
def rule_switch(rule: ApprovalRule, enabled: bool, by: Actor) -> ApprovalRule:
    """On or off, for what is submitted from now on."""
    if ApprovalRule.objects.filter(pk=rule.pk).exclude(enabled=enabled).update(enabled=enabled):
        _note("policy.on" if enabled else "policy.off", rule, by, {})
    rule.refresh_from_db()
    return rule


def described(rule: ApprovalRule) -> dict[str, Any]:
    """A rule as JSON, as the API gives it: people and owners by name."""
    plain = ("name", "enabled", "kinds", "criticality", "sites", "tags", "risks", "people_needed", "role")
    return {
        "id": rule.pk,
        **{name: getattr(rule, name) for name in (*plain, "owners_needed", "hours", "comment")},
        "owners": sorted(owner.name for owner in rule.owners.all()),
        "named": sorted(user.username for user in rule.named.all()),
    }


def all_covered() -> bool:
    """Whether a rule counts for whatever is asked, so that nothing is refused for want of one."""
    rules = ApprovalRule.objects.filter(enabled=True).prefetch_related("owners", "named")
    return any(rule.scope == Scope() for rule in rules)


def _note(action: str, rule: ApprovalRule, by: Actor, detail: dict[str, Any]) -> None:
    record(
        action,
        actor_id=by.id,
        actor_name=by.username,
        kind="policy",
        object_id=rule.pk,
        label=rule.name,
        detail=detail,
    )
