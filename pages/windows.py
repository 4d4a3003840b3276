"""The pages of windows and freezes, of what is to come in them, and of the slot of one change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from changes.acting import try_act
from changes.models import Freeze, MaintenanceWindow, PickedSlot
from changes.policy import Action, may
from changes.slots import others_in, slot_drop, slot_of, slot_pick, times_of, upcoming
from changes.timing import Scope, choices, weigh_times
from changes.window_forms import FreezeForm, ScopedForm, SlotForm, WindowForm, scoped_save, scoped_switch
from changes.windows import Slot, said
from pages.change_page import change_or_404
from people.access import Request, requires, when_posted
from people.roles import Role

FORMS: dict[str, tuple[type[ScopedForm], type[MaintenanceWindow] | type[Freeze]]] = {
    "window": (WindowForm, MaintenanceWindow),
    "freeze": (FreezeForm, Freeze),
}
NEXT, PICKS, MOST = 3, 10, 100
SWITCHED = {"window": "counts", "freeze": "holds"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot that may be picked: in words, as the form posts it, and who else is on the same hosts then."""

    words: str
    starts: str
    ends: str
    others: list[PickedSlot]
    picked: bool


@requires(Role.VIEWER, whole=True)
def windows(request: Request) -> HttpResponse:
    """Every window with when it comes next, the freezes, and the slots that changes have picked."""
    now = timezone.now()
    rows = MaintenanceWindow.objects.prefetch_related("hosts", "owners").order_by("-enabled", "name")
    freezes = Freeze.objects.prefetch_related("hosts", "owners").order_by("-enabled", "-ends")[:MOST]
    context = {
        "windows": [
            (row, _counts_for(row), [said(s, row.zone) for s in row.window.next_slots(now, NEXT)]) for row in rows
        ],
        "freezes": [(row, _counts_for(row), said(row.span, row.zone), row.ends <= now) for row in freezes],
        "upcoming": upcoming(request.actor).filter(ends__gt=now)[:MOST],
    }
    return render(request, "windows/list.html", context)


def edits_or_opens(request: HttpRequest, words: Mapping[str, Any]) -> bool:
    """Whatever is posted but a new freeze: what stops things never waits for a code."""
    return when_posted(request, words) and not (words["what"] == "freeze" and "pk" not in words)


def switches_open(request: HttpRequest, words: Mapping[str, Any]) -> bool:
    """Either way for a window, which opens a time as well as closing others; a freeze only when it is lifted."""
    return words["what"] != "freeze" or request.POST.get("enabled") != "on"


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=edits_or_opens)
def scoped_form(request: Request, what: str, pk: int | None = None) -> HttpResponse:
    """Add or edit a window or a freeze, as `what` says."""
    form_class, model = FORMS[what]
    row = get_object_or_404(model, pk=pk) if pk else None
    form = form_class(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        saved = scoped_save(form, request.actor)
        messages.success(request, f"“{saved}” {SWITCHED[what]} from now on, for what is approved already too.")
        return redirect("windows")
    context = {"form": form, "what": what, "name": str(row) if row else ""}
    return render(request, "windows/form.html", context, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR, methods="POST", fresh=switches_open)
def scoped_toggle(request: Request, what: str, pk: int) -> HttpResponse:
    """Post `on` or `off`."""
    row = cast(Freeze, get_object_or_404(FORMS[what][1], pk=pk))
    row = scoped_switch(row, request.POST.get("enabled") == "on", request.actor)
    messages.success(request, f"“{row}” is {'on' if row.enabled else 'off'} from now on.")
    return redirect("windows")


@requires(Role.VIEWER, methods="GET POST")
def change_slot(request: Request, number: int) -> HttpResponse:
    """When a change could start, with who else is on its hosts then; post `starts`, `ends`, `zone`, or `drop`."""
    change, now = change_or_404(request, number), timezone.now()
    if request.method == "POST" and request.POST.get("drop"):
        return try_act(request, change, lambda: slot_drop(request.user, change), "It has no slot any more.")
    times = times_of(change, now)
    form = SlotForm(request.POST or None, initial={"zone": times.shown_in})
    if request.method == "POST" and form.is_valid():
        done = f"Its slot is {said(form.slot(), times.shown_in)}."
        return try_act(request, change, lambda: slot_pick(request.user, change, form.slot()), done)
    found, picked = choices(times, now, PICKS), slot_of(change)
    others = others_in([*found, *([picked.span] if picked else [])], change, request.actor)
    context = {
        "change": change,
        "picked": picked,
        "beside": others.get(picked.span, []) if picked else [],
        "lines": weigh_times(times, now),
        "choices": [_choice(slot, times.shown_in, others[slot], picked) for slot in found],
        "restricted": bool(times.windows),
        "may": may(Action.SLOT, request.actor, change.case()),
        "form": form,
    }
    return render(request, "windows/slot.html", context, status=422 if form.errors else 200)


def _choice(slot: Slot, zone: str, others: list[PickedSlot], picked: PickedSlot | None) -> Choice:
    ours = picked is not None and picked.span == slot
    return Choice(said(slot, zone), slot.start.isoformat(), slot.end.isoformat(), others, ours)


def _counts_for(row: MaintenanceWindow | Freeze) -> str:
    """For which hosts, in words."""
    lists = {
        Scope.EVERYTHING: ["every host"],
        Scope.SITES: row.sites,
        Scope.OWNERS: [owner.name for owner in row.owners.all()],
        Scope.HOSTS: [host.name for host in row.hosts.all()],
    }
    scope = Scope(row.scope)
    words: list[str] = lists[scope]
    shown = ", ".join(words[:6]) + (f" and {len(words) - 6} more" if len(words) > 6 else "")
    return shown if scope is Scope.EVERYTHING else f"{scope.value}: {shown or 'none that is left'}"
