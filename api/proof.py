"""Asking for a proof boot, over the API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import seer, user_of
from api.changes import ChangeWhole, planned, whole
from api.problems import REFUSALS, FieldErrors
from changes.services import change_create
from execution.doorbell import ring_plan
from inventory.models import Host
from inventory.selectors import host_by_name
from people.actor import Actor
from readiness.proof.asking import Seen, likely, not_its_own, vms_seen
from readiness.proof.views import request_of
from readiness.proof.wish import SECONDS, Wish, wish_problems

router = Router(tags=["readiness"])


class ProofIn(Schema):
    """`proves` is the machine, `host` the hypervisor, `vm` its VM there by name or UUID: empty for the one that is
    called as the machine. With `image`, a backup on the hypervisor is booted in the place of the VM's first disk;
    `format` says what it is, qcow2 or raw."""

    host: str
    proves: str
    vm: str = ""
    seconds: int = SECONDS
    image: str = ""
    format: str = ""
    reason: str
    ticket: str = ""


@router.post("/proof", response={201: ChangeWhole, **REFUSALS}, summary="Request the boot of a clone and plan it")
def proof_create(request: HttpRequest, body: ProofIn) -> Status[Any]:
    """A clone of the VM is booted without network on its hypervisor, watched for a sign of life, and thrown away."""
    actor = seer(request)
    host, proves = (_known(name, actor, field) for name, field in ((body.host, "host"), (body.proves, "proves")))
    vm = _vm(body.vm, host, proves, actor)
    wish = Wish(host.name, proves.name, vm.name, vm.uuid, body.seconds, body.image, body.format)
    errors = {field: [sentence] for field, sentence in wish_problems(wish)}
    if sentence := not_its_own(proves, vm.name):
        errors["vm"] = [sentence]
    if not body.reason.strip():
        errors["reason"] = ["Say why this is needed; approvers and auditors read it."]
    if errors:
        raise FieldErrors(errors)
    change = change_create(user_of(request), request_of(wish, proves, body.reason, body.ticket))
    ring_plan(change)
    return Status(201, whole(planned(change)))


def _known(name: str, actor: Actor, field: str) -> Host:
    try:
        return host_by_name(name, actor)
    except ObjectDoesNotExist as error:
        raise FieldErrors({field: [f"Regroup knows no host called {name!r}; add it first."]}) from error


def _vm(name: str, host: Host, proves: Host, actor: Actor) -> Seen:
    seen = list(vms_seen(actor, host.name))
    found = [vm for vm in seen if name in (vm.uuid, vm.name)] if name else [vm for vm in [likely(proves, seen)] if vm]
    if len(found) != 1:
        said = f"no VM {name!r}" if name else f"no VM called as {proves.name}"
        raise FieldErrors(
            {"vm": [f"{host.name} had {said} when it was last asked. Have its facts read, or name another."]}
        )
    return found[0]
