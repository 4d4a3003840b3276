"""Asking for a lost VM's disks at its hypervisor, over the API."""

from __future__ import annotations

import secrets
from typing import Any, Literal

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import seer, user_of
from api.changes import ChangeWhole, planned, whole
from api.problems import REFUSALS, FieldErrors
from changes.services import change_create
from execution.doorbell import ring_plan
from inventory.selectors import host_by_name, vm_by_name
from recovery.fetching.forms import problems
from recovery.fetching.views import asked
from recovery.fetching.wish import Wish

router = Router(tags=["recovery"])


class CloneIn(Schema):
    """A clone of `template` that gets the disks. `like` names a host whose login and key are the clone's too: then it
    becomes a host of Regroup, at `address` or, where that is empty, at the address that its agent tells."""

    template: str
    name: str
    gib: int = 0
    network: str = ""
    seed: str = ""
    like: str = ""
    address: str = ""
    port: int = 22
    discard: bool = True


class FetchIn(Schema):
    """`host` is the hypervisor, `vm` the lost VM there; `disks` are paths of images on it, empty for all. Either
    `clone` or `target`, a VM that runs, gets them. `way` is what is worked on: an overlay leaves the disks as they
    are."""

    host: str
    vm: str
    disks: list[str] = []
    way: Literal["overlay", "copy", "original"] = "overlay"
    target: str = ""
    clone: CloneIn | None = None
    reason: str
    ticket: str = ""


@router.post("/fetch", response={201: ChangeWhole, **REFUSALS}, summary="Request a lost VM's disks and plan it")
def fetch_create(request: HttpRequest, body: FetchIn) -> Status[Any]:
    """The lost VM goes off, and another VM of the same hypervisor gets its disks; the undo gives them back."""
    errors: dict[str, list[str]] = {}
    for field, find, name in (("host", host_by_name, body.host), ("vm", vm_by_name, body.vm)):
        try:
            find(name, seer(request))
        except ObjectDoesNotExist:
            what = "host" if field == "host" else "VM"
            errors[field] = [f"Regroup knows no {what} called {name!r}; add it first."]
    if not body.reason.strip():
        errors["reason"] = ["Say why this is needed; approvers and auditors read it."]
    if errors:
        raise FieldErrors(errors)
    clone = body.clone.dict() if body.clone else {}
    wish = Wish(
        host=host_by_name(body.host, seer(request)).name, vm=vm_by_name(body.vm, seer(request)).name,
        token=secrets.token_hex(4), disks=tuple(body.disks), way=body.way, target=body.target, **clone,
    )  # fmt: skip
    for field, sentence in problems(wish, seer(request)):
        errors.setdefault(field, []).append(sentence)
    if errors:
        raise FieldErrors(errors)
    change = change_create(user_of(request), asked(wish, body.reason, body.ticket))
    ring_plan(change)
    return Status(201, whole(planned(change)))
