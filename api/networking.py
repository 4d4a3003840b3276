"""What only networking's changes have: asking for a bond, and asking otherwise."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import field_validator

from api.auth import seer, user_of
from api.changes import OK, ChangeWhole, change_of, planned, whole
from api.problems import REFUSALS, FieldErrors
from changes.models import Change
from changes.services import Request, change_create, change_edit
from execution.doorbell import ring_plan
from inventory.models import Host
from inventory.selectors import host_by_name
from networking import request as networking
from networking.drill.planner import KIND as DRILL
from networking.drill.wish import INTERVAL, Wish, wish_problems
from networking.guard import SECONDS
from networking.planner import KIND

router = Router(tags=["networking"])


class RouteIn(Schema):
    to: str
    via: str = ""
    metric: int | None = None


class AddressingIn(Schema):
    """`method` is static or dhcp. Addresses such as 10.0.2.15/24."""

    method: str = "static"
    addresses: list[str] = []
    gateways: list[str] = []
    routes: list[RouteIn] = []
    dns: list[str] = []
    search: list[str] = []


class BondIn(Schema):
    """`options` are the bonding driver's by name: primary, primary_reselect, miimon, updelay …; what is not named
    keeps the default. Without `addressing`, what the ports have now moves to the bond. `existing` changes a bond that
    is there. `seconds` is the time from arming to the host's going back by itself."""

    host: str
    name: str
    ports: list[str]
    options: dict[str, Any] = {}
    addressing: AddressingIn | None = None
    mtu: int | None = None
    existing: bool = False
    seconds: int = SECONDS
    reason: str
    ticket: str = ""

    @field_validator("addressing", mode="before")
    @classmethod
    def _an_object(cls, value: Any) -> Any:
        """Ninja reads anything at all as an object, and one whose fields all have defaults is then whole."""
        if value is not None and not isinstance(value, dict):
            raise ValueError("This has to be an object, or null.")
        return value


@router.post("/bond", response={201: ChangeWhole, **REFUSALS}, summary="Request a bond and plan it")
def bond_create(request: HttpRequest, body: BondIn) -> Status[Any]:
    """The host goes back by itself unless it is confirmed over a new connection."""
    change = change_create(user_of(request), _asked(request, body))
    ring_plan(change)
    return Status(201, whole(planned(change)))


@router.put("/{number}/bond", response=OK, summary="Ask for another bond; it is planned anew")
def bond_edit(request: HttpRequest, number: int, body: BondIn) -> dict[str, Any]:
    """Back to a draft: approvals so far named another plan."""
    change = change_of(request, number)
    if change.kind != KIND:
        raise Change.DoesNotExist
    ring_plan(change_edit(user_of(request), change, _asked(request, body)))
    return whole(planned(change))


class DrillIn(Schema):
    """`witness` is a second host on the same segment, from which the gap is measured. `slowed` brings the primary back
    slowed down first. `seconds` is the time from arming to the host's ending it by itself."""

    host: str
    bond: str
    witness: str = ""
    slowed: bool = False
    seconds: int = SECONDS
    interval_ms: int = INTERVAL
    reason: str
    ticket: str = ""


@router.post("/drill", response={201: ChangeWhole, **REFUSALS}, summary="Request a drill and plan it")
def drill_create(request: HttpRequest, body: DrillIn) -> Status[Any]:
    """The primary's link is taken down for real, and what the bond does is measured."""
    hosts = {
        field: _host(request, field, name) for field, name in (("host", body.host), ("witness", body.witness)) if name
    }
    wish = Wish.from_json(body.dict(exclude={"reason", "ticket"}))
    errors = {problem.field: [problem.sentence] for problem in wish_problems(wish)} | _reason(body.reason)
    if errors:
        raise FieldErrors(errors)
    host = hosts["host"]
    change = change_create(
        user_of(request), Request(DRILL, wish.to_json(), host.pk, host.vm_id, body.reason, body.ticket)
    )
    ring_plan(change)
    return Status(201, whole(planned(change)))


def _host(request: HttpRequest, field: str, name: str) -> Host:
    try:
        return host_by_name(name, seer(request))
    except ObjectDoesNotExist as error:
        raise FieldErrors({field: [f"Regroup knows no host called {name!r}; add it first."]}) from error


def _reason(text: str) -> dict[str, list[str]]:
    return {} if text.strip() else {"reason": ["Say why this is needed; approvers and auditors read it."]}


def _asked(request: HttpRequest, body: BondIn) -> Request:
    """The body as a request, checked by itself. Raises FieldErrors."""
    host = _host(request, "host", body.host)
    errors: dict[str, list[str]] = {}
    params = body.dict(exclude={"reason", "ticket"}) | {"host": host.name}
    try:
        wanted = networking.Request.from_json(params)
        for problem in networking.request_problems(wanted):
            errors.setdefault(problem.field, []).append(problem.sentence)
    except ValueError as error:
        raise FieldErrors({"options": [str(error)]}) from error
    errors |= _reason(body.reason)
    if errors:
        raise FieldErrors(errors)
    return Request(KIND, wanted.to_json(), host.pk, host.vm_id, body.reason, body.ticket)
