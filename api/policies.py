"""Rules of approval over the API: the same form, the same audit."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import Bearer, user_of
from api.paging import Limit, by_name
from api.problems import REFUSALS, FieldErrors
from changes.models import ApprovalRule
from changes.policy_forms import RuleForm, described, rule_save, rule_switch
from inventory.models import Owner
from people.models import User
from people.roles import Role
from people.selectors import actor_of

router = Router(tags=["policies"])


class RuleIn(Schema):
    """For which changes it counts, where one of each list that is not empty has to fit, and what it needs.

    So many `people_needed` of those `named`, or with the `role` where nobody is named, and beside them so many of the
    owners. `hours`: how long an approval counts; null for as long as the plan does.
    """

    name: str
    kinds: list[str] = []
    owners: list[str] = []
    criticality: list[str] = []
    sites: list[str] = []
    tags: list[str] = []
    risks: list[str] = []
    people_needed: int = 1
    role: str = "approver"
    named: list[str] = []
    owners_needed: int = 0
    hours: int | None = None
    comment: bool = True


class RuleOut(RuleIn):
    id: int
    enabled: bool


class RulePage(Schema):
    items: list[RuleOut]
    after: str | None = None


class Switch(Schema):
    enabled: bool


ONE: dict[Any, Any] = {200: RuleOut, **REFUSALS}
ADMIN, WHOLE = Bearer(Role.ADMINISTRATOR), Bearer(Role.VIEWER, whole=True)


@router.get("", response={200: RulePage, **REFUSALS}, auth=WHOLE, summary="Who must approve what: rules by name")
def policies(request: HttpRequest, after: str = "", limit: Limit = 50) -> dict[str, Any]:
    return by_name(ApprovalRule.objects.prefetch_related("owners", "named"), after, limit, described)


@router.post("", response={201: RuleOut, **REFUSALS}, auth=ADMIN, summary="Add a rule")
def policy_create(request: HttpRequest, body: RuleIn) -> Status[dict[str, Any]]:
    return Status(201, _saved(request, body, ApprovalRule()))


@router.put("/{number}", response=ONE, auth=ADMIN, summary="Say a rule anew; open requests keep theirs")
def policy_edit(request: HttpRequest, number: int, body: RuleIn) -> dict[str, Any]:
    return _saved(request, body, ApprovalRule.objects.get(pk=number))


@router.post("/{number}/switch", response=ONE, auth=ADMIN, summary="Switch a rule on or off")
def policy_switch(request: HttpRequest, number: int, body: Switch) -> dict[str, Any]:
    rule = rule_switch(ApprovalRule.objects.get(pk=number), body.enabled, actor_of(user_of(request)))
    return described(rule)


def _saved(request: HttpRequest, body: RuleIn, rule: ApprovalRule) -> dict[str, Any]:
    owners, people = _numbers("owners", body.owners), _numbers("named", body.named)
    form = RuleForm({**body.dict(), "owners": owners, "named": people}, instance=rule)
    if not form.is_valid():
        raise FieldErrors({name: list(map(str, errors)) for name, errors in form.errors.items()})
    return described(rule_save(form, actor_of(user_of(request))))


def _numbers(field: str, names: list[str]) -> list[int]:
    """Numbers of owners, or of people, by name. Raises FieldErrors for one that there is not."""
    if field == "owners":
        known = dict(Owner.objects.filter(name__in=names).values_list("name", "pk"))
    else:
        known = dict(User.objects.filter(username__in=names).values_list("username", "pk"))
    if unknown := [name for name in names if name not in known]:
        raise FieldErrors({field: [f"There is nobody called {unknown[0]!r}."]})
    return [known[name] for name in names]
