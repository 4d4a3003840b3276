"""Whose a machine is, over the API: the list of those that nobody speaks for, an owner's word, people of an owner."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import Bearer, seer, user_of
from api.paging import Limit, newest_first
from api.problems import REFUSALS, FieldErrors
from changes.services import Denied
from inventory import unowned as listing
from inventory.confirming import MINE, machine_confirm, machine_disown, may_answer
from inventory.forms import MembershipForm
from inventory.models import Host, Membership, Owner, Vm
from inventory.ownership import Cursor
from inventory.renaming import machine_merge
from inventory.rights import owners_seen_by
from inventory.selectors import host_by_name, vm_by_name
from inventory.services import record_edit
from people.models import User
from people.roles import Role
from people.selectors import actor_of

router = Router(tags=["ownership"])


class MachineOut(Schema):
    """`state` is in words, as on the page; `waits_since`: from when on nobody has confirmed it."""

    kind: str
    name: str
    state: str
    owner: str
    criticality: str
    service: str
    site: str
    confirmed_at: datetime | None
    confirmed_by: str
    waits_since: datetime
    asked_at: datetime | None
    disowned: str


class MachinePage(Schema):
    """`after` for the next page; it carries the moment of the list, so that each machine comes once."""

    items: list[MachineOut]
    nobody: int
    unconfirmed: int
    after: str | None = None


class Answer(Schema):
    """`not_mine` takes a reason, and takes the owner off the machine."""

    answer: Literal["mine", "not_mine"]
    reason: str = ""


class Gone(Schema):
    """The name of the entry that goes."""

    gone: str


class PersonIn(Schema):
    """`person` is a user name; a deputy may have a first and a last day, both included."""

    person: str
    deputy: bool = False
    since: date | None = None
    until: date | None = None


class PersonOut(PersonIn):
    pass


class PersonPage(Schema):
    items: list[PersonOut]
    before: int | None = None


ONE: dict[Any, Any] = {200: MachineOut, **REFUSALS}


@router.get("/unowned", response={200: MachinePage, **REFUSALS}, summary="Machines that nobody speaks for, worst first")
def unowned(
    request: HttpRequest, which: Literal["", "nobody", "unconfirmed"] = "", after: str = "", limit: Limit = 50
) -> dict[str, Any]:
    counts, page = listing.counts(seer(request)), listing.page(seer(request), which, Cursor.read(after), limit)
    return {
        "items": [machine_out(each["row"]) for each in page.rows],
        "nobody": counts.nobody,
        "unconfirmed": counts.unconfirmed,
        "after": page.next.rpartition("after=")[2] if page.next else None,
    }


@router.post("/hosts/{name}/answer", response=ONE, summary="Whether a host is still its owner's")
def host_answer(request: HttpRequest, name: str, body: Answer) -> dict[str, Any]:
    """For the owner's own people, operators and administrators; a host that is a VM is answered for as the VM."""
    host = host_by_name(name, seer(request))
    return _answered(request, host.vm or host, body)


@router.post("/vms/{name}/answer", response=ONE, summary="Whether a VM is still its owner's")
def vm_answer(request: HttpRequest, name: str, body: Answer) -> dict[str, Any]:
    return _answered(request, vm_by_name(name, seer(request)), body)


@router.post("/hosts/{name}/merge", response=ONE, summary="Two entries are one host", auth=Bearer(Role.ADMINISTRATOR))
def host_merge(request: HttpRequest, name: str, body: Gone) -> dict[str, Any]:
    """`gone` goes, and its changes are this host's from now on. 422 while a change is open on either."""
    machine_merge(
        host_by_name(name, seer(request)), host_by_name(body.gone, seer(request)), by=actor_of(user_of(request))
    )
    return machine_out(host_by_name(name, seer(request)))


@router.post("/vms/{name}/merge", response=ONE, summary="Two entries are one VM", auth=Bearer(Role.ADMINISTRATOR))
def vm_merge(request: HttpRequest, name: str, body: Gone) -> dict[str, Any]:
    machine_merge(vm_by_name(name, seer(request)), vm_by_name(body.gone, seer(request)), by=actor_of(user_of(request)))
    return machine_out(vm_by_name(name, seer(request)))


@router.get(
    "/owners/{pk}/people", response={200: PersonPage, **REFUSALS}, summary="Who belongs to an owner, newest first"
)
def people(request: HttpRequest, pk: int, before: int | None = None, limit: Limit = 50) -> dict[str, Any]:
    rows = owners_seen_by(seer(request)).get(pk=pk).memberships.select_related("user")
    return newest_first(rows, before, limit, _person_out)


@router.post(
    "/owners/{pk}/people",
    response={201: PersonOut, **REFUSALS},
    summary="A person belongs to an owner",
    auth=Bearer(Role.ADMINISTRATOR),
)
def person_add(request: HttpRequest, pk: int, body: PersonIn) -> Status[Any]:
    owner, user = Owner.objects.get(pk=pk), User.objects.filter(username=body.person).first()
    if user is None:
        raise FieldErrors({"person": [f"There is nobody with the user name {body.person}."]})
    by = actor_of(user_of(request))
    form = MembershipForm({**body.dict(), "user": user.pk}, instance=Membership(owner=owner), by=by)
    if not form.is_valid():
        raise FieldErrors({field: [str(text) for text in texts] for field, texts in form.errors.items()})
    with transaction.atomic():
        row = form.save()
        record_edit("owner.add_person", owner, by, {"person": user.username})
    return Status(201, _person_out(row))


def machine_out(row: Vm | Host) -> dict[str, Any]:
    names = ("name", "criticality", "service", "site", "confirmed_at", "confirmed_by", "waits_since", "asked_at")
    words = {"kind": row._meta.model_name, "state": listing.label_of(row).word, "disowned": row.disowned}
    return {**{name: getattr(row, name) for name in names}, **words, "owner": row.owner.name if row.owner else ""}


def _answered(request: HttpRequest, row: Vm | Host, body: Answer) -> dict[str, Any]:
    actor = actor_of(user_of(request))
    if not may_answer(actor, row):
        raise Denied(f"Only {row.owner or 'its owner'}'s own people and operators say whose {row} is.", "api", None)
    if body.answer == MINE:
        machine_confirm(row, by=actor)
    elif "\0" in body.reason:
        raise ValidationError({"reason": "The reason has characters that are no text."})
    else:
        machine_disown(row, body.reason[:2000], by=actor)
    row.refresh_from_db()
    return machine_out(row)


def _person_out(row: Membership) -> dict[str, Any]:
    return {"person": row.user.username, "deputy": row.deputy, "since": row.since, "until": row.until}
