"""Asking for a reboot."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from changes.acting import allow
from changes.forms import reason_field, ticket_field
from changes.models import Change
from changes.policy import Action, may, may_request
from changes.rights import changes_seen_by
from changes.services import Request as ChangeRequest
from execution.asking import ask_for
from inventory.forms import choose_from, host_choice
from inventory.rights import hosts_seen_by
from people.access import Request, requires
from people.actor import Actor
from people.roles import Role
from readiness.models import Readiness
from readiness.reboot.planner import KIND
from readiness.reboot.wish import LEAST_SECONDS, MOST_SECONDS, SECONDS, Wish, wish_problems
from readiness.selectors import readiness_of


class RebootForm(forms.Form):
    """`wish()` is there once the form is valid."""

    host = host_choice("It is asked anew whether it would come back, before it is planned and before it begins.")
    seconds = forms.IntegerField(
        initial=SECONDS,
        label="Back within",
        help_text=f"Seconds, {LEAST_SECONDS} to {MOST_SECONDS}: past that it is an alarm.",
    )
    despite = forms.BooleanField(
        required=False,
        label="Plan it although checks are red",
        help_text="Such a plan starts only under a broken glass, which a second person grants.",
    )
    reason = reason_field()
    ticket = ticket_field()

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, hosts_seen_by(actor), "host")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("host") and data.get("seconds") is not None:
            for field, sentence in wish_problems(self.wish(), simulated=data["host"].simulated):
                self.add_error(field, sentence)
        return data

    def wish(self) -> Wish:
        data = self.cleaned_data
        return Wish(data["host"].name, data["seconds"], bool(data.get("despite")))


@requires(Role.REQUESTER, methods="GET POST")
def reboot_new(request: Request) -> HttpResponse:
    """The form; `?host=web01` begins with that one, and shows what was last found about it."""
    allow(may_request(request.actor))
    form = RebootForm(request.POST or None, actor=request.actor, initial={"host": request.GET.get("host", "")})
    if form.is_valid():
        return ask_for(request, None, _asked(form))
    return _page(request, form, None, request.POST.get("host") or request.GET.get("host", ""))


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="GET POST")
def reboot_edit(request: Request, number: int) -> HttpResponse:
    """The same for a change that is not decided yet."""
    change = changes_seen_by(request.actor).select_related("host").filter(pk=number, kind=KIND).first()
    if change is None:
        raise Http404(f"There is no reboot #{number}.")
    allow(may(Action.EDIT, request.actor, change.case()))
    known = change.params | {"reason": change.reason, "ticket": change.ticket}
    form = RebootForm(request.POST or None, actor=request.actor, initial=known)
    if form.is_valid():
        return ask_for(request, change, _asked(form))
    return _page(request, form, change, change.host.name)


def _asked(form: RebootForm) -> ChangeRequest:
    host, data = form.cleaned_data["host"], form.cleaned_data
    return ChangeRequest(KIND, form.wish().to_json(), host.pk, host.vm_id, data["reason"], data["ticket"])


def _page(request: Request, form: RebootForm, change: Change | None, host: str) -> HttpResponse:
    url = reverse("reboot_edit", args=[change.pk]) if change else reverse("reboot_new")
    context = {"form": form, "change": change, "url": url, "row": _last_found(request.actor, host)}
    return render(request, "reboot/form.html", context, status=422 if form.is_bound else 200)


def _last_found(actor: Actor, name: str) -> Readiness | None:
    host = hosts_seen_by(actor).filter(name=name).first()
    row = readiness_of(host) if host else None
    return row if row and row.seen_at else None
