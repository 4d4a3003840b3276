"""Asking for a reboot, over the API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import seer, user_of
from api.changes import ChangeWhole, planned, whole
from api.problems import REFUSALS, FieldErrors
from changes.services import Request, change_create
from execution.doorbell import ring_plan
from inventory.selectors import host_by_name
from readiness.reboot.planner import KIND
from readiness.reboot.wish import SECONDS, Wish, wish_problems

router = Router(tags=["readiness"])


class RebootIn(Schema):
    """`seconds` is the time in which the host has to be back; past that it is an alarm. With `despite` it is planned
    although checks are red, and starts only under a broken glass."""

    host: str
    seconds: int = SECONDS
    despite: bool = False
    reason: str
    ticket: str = ""


@router.post("/reboot", response={201: ChangeWhole, **REFUSALS}, summary="Request a reboot and plan it")
def reboot_create(request: HttpRequest, body: RebootIn) -> Status[Any]:
    """The host is asked whether it would come back; where a check is red it is refused, with what to do."""
    try:
        host = host_by_name(body.host, seer(request))
    except ObjectDoesNotExist as error:
        raise FieldErrors({"host": [f"Regroup knows no host called {body.host!r}; add it first."]}) from error
    wish = Wish(host.name, body.seconds, body.despite)
    errors = {field: [sentence] for field, sentence in wish_problems(wish, simulated=host.simulated)}
    if not body.reason.strip():
        errors["reason"] = ["Say why this is needed; approvers and auditors read it."]
    if errors:
        raise FieldErrors(errors)
    change = change_create(
        user_of(request), Request(KIND, wish.to_json(), host.pk, host.vm_id, body.reason, body.ticket)
    )
    ring_plan(change)
    return Status(201, whole(planned(change)))
