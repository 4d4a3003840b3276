"""The pages of policies: which rules there are, and for administrators a form for each."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from changes.kinds import kinds
from changes.models import ApprovalRule
from changes.policy_forms import RuleForm, all_covered, rule_save, rule_switch
from changes.risks import RISK_WORDS, Risk
from people.access import Request, requires, when_posted
from people.roles import Role


@requires(Role.VIEWER, whole=True)
def policies(request: Request) -> HttpResponse:
    """Every rule in words, those that are on first."""
    rules = ApprovalRule.objects.prefetch_related("owners", "named").order_by("-enabled", "name")
    rows = [(rule, _counts_for(rule), _needs(rule)) for rule in rules]
    return render(request, "policies/list.html", {"rows": rows, "covered": all_covered()})


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def policy_new(request: Request) -> HttpResponse:
    return _form(request, RuleForm(request.POST or None))


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def policy_edit(request: Request, pk: int) -> HttpResponse:
    rule = get_object_or_404(ApprovalRule, pk=pk)
    return _form(request, RuleForm(request.POST or None, instance=rule), str(rule))


@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def policy_switch(request: Request, pk: int) -> HttpResponse:
    """Post `on` or `off`."""
    rule = rule_switch(get_object_or_404(ApprovalRule, pk=pk), request.POST.get("enabled") == "on", request.actor)
    messages.success(request, f"“{rule}” is {'on' if rule.enabled else 'off'} for what is submitted from now on.")
    return redirect("policies")


def _form(request: Request, form: RuleForm, name: str = "") -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        rule = rule_save(form, request.actor)
        messages.success(request, f"“{rule}” counts for what is submitted from now on; open requests keep theirs.")
        return redirect("policies")
    return render(request, "policies/form.html", {"form": form, "name": name}, status=422 if form.errors else 200)


def _counts_for(rule: ApprovalRule) -> list[str]:
    """For which changes, a phrase for each list that is not empty."""
    titles = {kind.key: kind.title for kind in kinds()}
    lists = {
        "kind": [titles.get(key, key) for key in rule.kinds],
        "owner": [owner.name for owner in rule.owners.all()],
        "criticality": rule.criticality,
        "site": rule.sites,
        "tag": rule.tags,
        "risk": [RISK_WORDS[Risk(risk)] for risk in rule.risks],
    }
    return [f"{what}: {' or '.join(words)}" for what, words in lists.items() if words]


def _needs(rule: ApprovalRule) -> list[str]:
    """What it needs, a phrase for each part."""
    named = " or ".join(user.display for user in rule.named.all())
    people = f"{rule.people_needed} of {named}" if named else f"{rule.people_needed} with the role {rule.role}"
    owners = f"{rule.owners_needed} of the owners"
    words = [people] * bool(rule.people_needed) + [owners] * bool(rule.owners_needed)
    return [*words, f"for {rule.hours} hours" if rule.hours else "", "with a comment" if rule.comment else ""]
