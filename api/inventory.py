"""Hosts, owners and VMs over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import Bearer, seer, user_of
from api.once import apart
from api.paging import Limit, by_name
from api.problems import REFUSALS, FieldErrors
from execution.facts import wish
from inventory.connect import scan_key
from inventory.forms import HostForm, OwnedForm, OwnerForm, VmForm
from inventory.importing.planning import Act, Options, as_json
from inventory.imports import import_confirm, import_preview, read_source
from inventory.models import Credential, Host, HostKey, Owner, Vm
from inventory.rights import error_told
from inventory.selectors import host_by_name, host_list, owner_list, vm_list
from inventory.services import host_key_trust, record_edit
from inventory.states import KeyState
from people.actor import Actor
from people.roles import Role
from people.selectors import actor_of

router = Router(tags=["inventory"])


class OwnerIn(Schema):
    name: str
    kind: str = Owner.Kind.TEAM.value
    email: str = ""
    phone: str = ""
    deputy: str = ""
    note: str = ""


class OwnerOut(OwnerIn):
    id: int


class VmIn(Schema):
    """`owner` is the owner's name."""

    name: str
    owner: str = ""
    criticality: str = "normal"
    service: str = ""
    tags: str = ""
    site: str = ""
    last_backup_at: datetime | None = None
    note: str = ""


class OwnerPage(Schema):
    items: list[OwnerOut]
    after: str | None = None


class VmPage(Schema):
    items: list[VmIn]
    after: str | None = None


class HostIn(Schema):
    """`credential` and `owner` are names of what is kept already; secrets are never sent this way."""

    name: str
    address: str
    port: int = 22
    user: str = "regroup"
    sudo: bool = True
    credential: str = ""
    owner: str = ""
    criticality: str = "normal"
    service: str = ""
    tags: str = ""
    site: str = ""
    rack: str = ""
    pair: str = ""
    note: str = ""


class HostPatch(Schema):
    """Only the fields that are sent are changed."""

    name: str | None = None
    address: str | None = None
    port: int | None = None
    user: str | None = None
    sudo: bool | None = None
    credential: str | None = None
    owner: str | None = None
    criticality: str | None = None
    service: str | None = None
    tags: str | None = None
    site: str | None = None
    rack: str | None = None
    pair: str | None = None
    note: str | None = None


class KeyOut(Schema):
    algorithm: str
    fingerprint: str
    state: str
    seen_at: datetime


class HostOut(Schema):
    name: str
    address: str
    port: int
    user: str
    sudo: bool
    owner: str
    criticality: str
    service: str
    tags: str
    confirmed_at: datetime | None
    site: str
    rack: str
    pair: str
    note: str
    simulated: bool
    trust: str
    keys: list[KeyOut]
    facts: dict[str, Any] | None
    facts_at: datetime | None
    facts_error: str


class Fingerprint(Schema):
    fingerprint: str


class HostPage(Schema):
    items: list[HostOut]
    after: str | None = None


class ImportIn(Schema):
    """`source`: csv, ansible, virsh or netbox. Without `digest` it is a preview; with the preview's, it is written."""

    source: str = "csv"
    text: str
    make_owners: bool = False
    overwrite: bool = False
    digest: str = ""


class ImportField(Schema):
    before: str
    after: str


class ImportItem(Schema):
    """`act`: create, change, same or refuse; `sentence` says why a row is refused."""

    where: str
    kind: str
    name: str
    act: str
    fields: dict[str, ImportField]
    sentence: str


class ImportOut(Schema):
    digest: str
    written: bool
    counts: dict[str, int]
    remarks: list[str]
    items: list[ImportItem]


ONE: dict[Any, Any] = {200: HostOut, **REFUSALS}


@router.get("/hosts", response={200: HostPage, **REFUSALS}, summary="Hosts by name")
def hosts(request: HttpRequest, after: str = "", limit: Limit = 50) -> dict[str, Any]:
    actor = seer(request)
    return by_name(host_list(actor), after, limit, lambda host: host_out(host, actor))


@router.post("/hosts", response={201: HostOut, **REFUSALS}, summary="Add a host", auth=Bearer(Role.ADMINISTRATOR))
def host_new(request: HttpRequest, body: HostIn) -> Status[Any]:
    form = HostForm({**body.dict(), "credential": _credential(body.credential), "owner": _owner(body.owner)})
    return Status(201, host_out(_saved(request, form, "host.create"), seer(request)))


@router.get("/hosts/{name}", response=ONE, summary="One host with its last facts")
def host_get(request: HttpRequest, name: str) -> dict[str, Any]:
    return host_out(host_by_name(name, seer(request)), seer(request))


@router.patch("/hosts/{name}", response=ONE, summary="Change a host", auth=Bearer(Role.ADMINISTRATOR))
def host_patch(request: HttpRequest, name: str, body: HostPatch) -> dict[str, Any]:
    row = host_by_name(name, seer(request))
    now = {field: getattr(row, f"{field}_id", None) or getattr(row, field) for field in HostForm.Meta.fields}
    sent = body.dict(exclude_unset=True)
    if "credential" in sent:
        sent["credential"] = _credential(sent["credential"])
    if "owner" in sent:
        sent["owner"] = _owner(sent["owner"])
    return host_out(_saved(request, HostForm({**now, **sent}, instance=row), "host.edit"), seer(request))


@router.post(
    "/hosts/{name}/trust",
    response=ONE,
    summary="Trust the key that the host shows, by its fingerprint",
    auth=Bearer(Role.OPERATOR, Role.ADMINISTRATOR),
)
@apart
def host_trust(request: HttpRequest, name: str, body: Fingerprint) -> dict[str, Any]:
    """Asks the host for its key first, unless one waits already; a key is pinned only by its fingerprint."""
    host, actor = host_by_name(name, seer(request)), actor_of(user_of(request))
    key = host.keys.filter(state=KeyState.PENDING).first() or _scanned(host, request)
    if key.state == KeyState.PENDING:
        host_key_trust(key, body.fingerprint, by=actor)
    return host_out(host, seer(request))


@router.post("/hosts/{name}/facts", response={202: HostOut, **REFUSALS}, summary="Ask the host for fresh facts")
def host_facts(request: HttpRequest, name: str) -> Status[Any]:
    """Answers at once with what is known; a worker asks the host."""
    host = host_by_name(name, seer(request))
    wish(host)
    return Status(202, host_out(host, seer(request)))


@router.get("/owners", response={200: OwnerPage, **REFUSALS}, summary="Owners by name")
def owners(request: HttpRequest, after: str = "", limit: Limit = 50) -> dict[str, Any]:
    return by_name(owner_list(seer(request)), after, limit, lambda row: row)


@router.post("/owners", response={201: OwnerOut, **REFUSALS}, summary="Add an owner", auth=Bearer(Role.ADMINISTRATOR))
def owner_new(request: HttpRequest, body: OwnerIn) -> Status[Any]:
    return Status(201, _saved(request, OwnerForm(body.dict()), "owner.create"))


@router.get("/vms", response={200: VmPage, **REFUSALS}, summary="VMs by name")
def vms(request: HttpRequest, after: str = "", limit: Limit = 50) -> dict[str, Any]:
    return by_name(vm_list(seer(request)), after, limit, vm_out)


@router.post("/vms", response={201: VmIn, **REFUSALS}, summary="Add a VM", auth=Bearer(Role.ADMINISTRATOR))
def vm_new(request: HttpRequest, body: VmIn) -> Status[Any]:
    return Status(201, vm_out(_saved(request, VmForm({**body.dict(), "owner": _owner(body.owner)}), "vm.create")))


@router.post(
    "/import",
    response={200: ImportOut, **REFUSALS},
    summary="Preview or write a list of machines",
    auth=Bearer(Role.ADMINISTRATOR),
)
def import_machines(request: HttpRequest, body: ImportIn) -> dict[str, Any]:
    """409 where the stock is not as the preview of the digest showed it; nothing is written then."""
    source, options = read_source(body.source, body.text), Options(body.make_owners, body.overwrite)
    if body.digest:
        plan = import_confirm(source, options, body.digest, by=actor_of(user_of(request)))
    else:
        plan = import_preview(source, options)
    return {
        "digest": plan.digest,
        "written": bool(body.digest),
        "counts": {act.value: plan.count(act) for act in Act},
        "remarks": source.remarks,
        "items": [as_json(item) for item in plan.items],
    }


def host_out(host: Host, actor: Actor) -> dict[str, Any]:
    """Owner, criticality, service and tags are the VM's where the host is one."""
    facts, owned = getattr(host, "facts", None), host.answers
    names = ("name", "address", "port", "user", "sudo", "site", "rack", "pair", "note", "simulated", "trust")
    return {
        **{name: getattr(host, name) for name in names},
        **{name: getattr(owned, name) for name in ("criticality", "service", "tags", "confirmed_at")},
        "owner": owned.owner.name if owned.owner else "",
        "keys": list(host.keys.exclude(state=KeyState.REVOKED)),
        "facts": facts.facts if facts else None,
        "facts_at": facts.at if facts else None,
        "facts_error": error_told(actor, host, facts.error) if facts else "",
    }


def vm_out(vm: Vm) -> dict[str, Any]:
    names = ("name", "criticality", "service", "tags", "site", "last_backup_at", "note")
    return {**{name: getattr(vm, name) for name in names}, "owner": vm.owner.name if vm.owner else ""}


def _owner(name: str) -> int | None:
    return Owner.objects.get(name__iexact=name).pk if name else None


def _credential(name: str) -> int | None:
    return Credential.objects.get(name__iexact=name).pk if name else None


def _scanned(host: Host, request: HttpRequest) -> HostKey:
    try:
        return scan_key(host, by=actor_of(user_of(request)))
    except ValueError as error:
        raise FieldErrors({"fingerprint": [str(error)]}) from error


def _saved(request: HttpRequest, form: ModelForm[Any], action: str) -> Any:
    """The form's row, written with its audit entry. Raises FieldErrors."""
    if not form.is_valid():
        raise FieldErrors({field: [str(text) for text in texts] for field, texts in form.errors.items()})
    if isinstance(form, OwnedForm):
        form.by = seer(request)
    with transaction.atomic():
        row = form.save()
        record_edit(action, row, actor_of(user_of(request)), {"fields": list(form.changed_data)})
    return row
