"""Windows, freezes and slots over the API: the same forms, services, audit and sentences as the pages."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import AwareDatetime

from api.auth import Bearer, seer, user_of
from api.changes import OK, change_of, whole
from api.paging import Limit, by_moment, by_name, newest_first
from api.policies import Switch
from api.problems import REFUSALS, FieldErrors
from changes.models import Freeze, MaintenanceWindow, PickedSlot
from changes.slots import others_in, slot_drop, slot_pick, times_of, upcoming
from changes.timing import choices
from changes.window_forms import FreezeForm, ScopedForm, WindowForm, described, scoped_save, scoped_switch
from changes.windows import Slot, said
from inventory.models import Owner
from people.roles import Role
from people.selectors import actor_of

router = Router(tags=["windows"])
slots = Router(tags=["changes"])
ADMIN, WHOLE = Bearer(Role.ADMINISTRATOR), Bearer(Role.VIEWER, whole=True)


class ScopeIn(Schema):
    """`scope`: everything, sites, owners or hosts; only that list is looked at, hosts and owners by name."""

    name: str
    scope: str = "everything"
    hosts: list[str] = []
    owners: list[str] = []
    sites: list[str] = []
    zone: str = "UTC"


class WindowIn(ScopeIn):
    """`rule`: an RRULE of days; `at`: when it opens, in the zone's own time; it stays open for `minutes`."""

    rule: str
    day: date
    at: time
    minutes: int


class WindowOut(ScopeIn):
    id: int
    enabled: bool
    rule: str
    day: date
    at: str
    minutes: int
    next: list[str]


class FreezeIn(ScopeIn):
    """Nothing starts from `starts` up to `ends`. Times without an offset are in `zone`."""

    starts: datetime
    ends: datetime
    reason: str


class FreezeOut(FreezeIn):
    id: int
    enabled: bool


class WindowPage(Schema):
    items: list[WindowOut]
    after: str | None = None


class FreezePage(Schema):
    items: list[FreezeOut]
    before: int | None = None


class SlotIn(Schema):
    starts: AwareDatetime
    ends: AwareDatetime


class PickedOut(Schema):
    """Another change's slot."""

    change: int
    title: str
    state: str
    host: str
    starts: datetime
    ends: datetime


class PickedPage(Schema):
    items: list[PickedOut]
    after: str | None = None


class SlotOut(Schema):
    """A slot that may be picked; `words` in the zone of its window, `others` on the same hosts in it."""

    starts: datetime
    ends: datetime
    words: str
    others: list[PickedOut]


@router.get("/windows", response={200: WindowPage, **REFUSALS}, auth=WHOLE, summary="Windows by name")
def windows(request: HttpRequest, after: str = "", limit: Limit = 50) -> dict[str, Any]:
    return by_name(MaintenanceWindow.objects.prefetch_related("hosts", "owners"), after, limit, _window)


@router.post("/windows", response={201: WindowOut, **REFUSALS}, auth=ADMIN, summary="Add a window")
def window_create(request: HttpRequest, body: WindowIn) -> Status[dict[str, Any]]:
    return Status(201, _window(_saved(request, body, WindowForm, MaintenanceWindow())))


@router.put("/windows/{number}", response={200: WindowOut, **REFUSALS}, auth=ADMIN, summary="Say a window anew")
def window_edit(request: HttpRequest, number: int, body: WindowIn) -> dict[str, Any]:
    return _window(_saved(request, body, WindowForm, MaintenanceWindow.objects.get(pk=number)))


@router.post(
    "/windows/{number}/switch", response={200: WindowOut, **REFUSALS}, auth=ADMIN, summary="Switch it on or off"
)
def window_switch(request: HttpRequest, number: int, body: Switch) -> dict[str, Any]:
    row = MaintenanceWindow.objects.get(pk=number)
    return _window(scoped_switch(row, body.enabled, actor_of(user_of(request))))


@router.get("/freezes", response={200: FreezePage, **REFUSALS}, auth=WHOLE, summary="Freezes, newest first")
def freezes(request: HttpRequest, before: int | None = None, limit: Limit = 50) -> dict[str, Any]:
    return newest_first(Freeze.objects.prefetch_related("hosts", "owners"), before, limit, described)


@router.post("/freezes", response={201: FreezeOut, **REFUSALS}, auth=ADMIN, summary="Add a freeze")
def freeze_create(request: HttpRequest, body: FreezeIn) -> Status[dict[str, Any]]:
    return Status(201, described(_saved(request, body, FreezeForm, Freeze())))


@router.put("/freezes/{number}", response={200: FreezeOut, **REFUSALS}, auth=ADMIN, summary="Say a freeze anew")
def freeze_edit(request: HttpRequest, number: int, body: FreezeIn) -> dict[str, Any]:
    return described(_saved(request, body, FreezeForm, Freeze.objects.get(pk=number)))


@router.post(
    "/freezes/{number}/switch", response={200: FreezeOut, **REFUSALS}, auth=ADMIN, summary="Switch it on or off"
)
def freeze_switch(request: HttpRequest, number: int, body: Switch) -> dict[str, Any]:
    return described(scoped_switch(Freeze.objects.get(pk=number), body.enabled, actor_of(user_of(request))))


@router.get("/calendar", response={200: PickedPage, **REFUSALS}, summary="Slots to come, the next first")
def calendar(request: HttpRequest, after: str = "", limit: Limit = 50) -> dict[str, Any]:
    rows = upcoming(seer(request)).filter(ends__gt=timezone.now())
    return by_moment(rows, "starts", after, limit, _picked)


@slots.get("/{number}/slots", response={200: list[SlotOut], **REFUSALS}, summary="When it could start")
def slots_of(request: HttpRequest, number: int) -> list[dict[str, Any]]:
    """The next ten slots that its hosts' windows leave; none where no window restricts them."""
    change, now = change_of(request, number), timezone.now()
    times = times_of(change, now)
    found = choices(times, now, 10)
    others = others_in(found, change, seer(request))
    return [
        {
            "starts": slot.start,
            "ends": slot.end,
            "words": said(slot, times.shown_in),
            "others": [_picked(row) for row in others[slot]],
        }
        for slot in found
    ]


@slots.post("/{number}/slot", response=OK, summary="Pick its slot: it starts in it, or not at all")
def slot(request: HttpRequest, number: int, body: SlotIn) -> dict[str, Any]:
    slot_pick(user_of(request), change_of(request, number), Slot(body.starts, body.ends))
    return whole(change_of(request, number))


@slots.post("/{number}/slot/drop", response=OK, summary="Take its slot back")
def slot_back(request: HttpRequest, number: int) -> dict[str, Any]:
    slot_drop(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


def _saved(request: HttpRequest, body: ScopeIn, form_class: type[ScopedForm], row: Any) -> Any:
    known = dict(Owner.objects.filter(name__in=body.owners).values_list("name", "pk"))
    if unknown := [name for name in body.owners if name not in known]:
        raise FieldErrors({"owners": [f"There is nobody called {unknown[0]!r}."]})
    form = form_class({**body.dict(), "owners": list(known.values())}, instance=row)
    if not form.is_valid():
        raise FieldErrors({name: list(map(str, errors)) for name, errors in form.errors.items()})
    return scoped_save(form, actor_of(user_of(request)))


def _window(row: MaintenanceWindow) -> dict[str, Any]:
    comes = row.window.next_slots(timezone.now(), 3)
    return {**described(row), "next": [said(one, row.zone) for one in comes]}


def _picked(row: PickedSlot) -> dict[str, Any]:
    change = row.change
    told = {"change": change.pk, "title": change.title, "state": change.status, "host": change.host.name}
    return {**told, "starts": row.starts, "ends": row.ends}
