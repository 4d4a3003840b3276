"""Asking for a drill."""

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
from inventory.models import Host
from inventory.rights import hosts_seen_by
from networking.drill.planner import KIND
from networking.drill.wish import INTERVAL, Wish, wish_problems
from networking.guard import SECONDS
from people.access import Request, requires
from people.actor import Actor
from people.roles import Role


class DrillForm(forms.Form):
    """`wish` is there once the form is valid."""

    host = host_choice("Whose bond is drilled.")
    bond = forms.CharField(max_length=15, initial="bond0", label="Bond", help_text="As the host calls it.")
    witness = forms.ModelChoiceField(
        Host.objects.none(),
        to_field_name="name",
        required=False,
        label="Watched from",
        empty_label="Nobody: the gap is not measured",
        help_text="A second host on the same segment, which sends packets: lost ones times their distance are the gap.",
        error_messages={"invalid_choice": "There is no host of this name."},
    )
    slowed = forms.BooleanField(
        required=False,
        label="Bring the primary back slowed down first",
        help_text="Proves that better leaves the traffic where it is then. Only with primary_reselect=better.",
    )
    interval_ms = forms.IntegerField(
        initial=INTERVAL, label="A packet every", help_text="ms; the gap is known to that."
    )
    seconds = forms.IntegerField(
        initial=SECONDS, label="Ends by itself after", help_text="Seconds from arming, whatever becomes of us."
    )
    reason = reason_field()
    ticket = ticket_field()

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, hosts_seen_by(actor), "host", "witness")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("host"):
            for problem in wish_problems(self.wish()):
                if problem.field not in self.errors:
                    self.add_error(problem.field, problem.sentence)
        return data

    def wish(self) -> Wish:
        data = self.cleaned_data
        witness = data["witness"].name if data.get("witness") else ""
        return Wish(
            data["host"].name,
            data.get("bond") or "",
            witness,
            bool(data.get("slowed")),
            data.get("seconds") or 0,
            data.get("interval_ms") or 0,
        )


@requires(Role.REQUESTER, methods="GET POST")
def drill_new(request: Request) -> HttpResponse:
    """The form; `?host=web01&bond=bond0` begins with those."""
    allow(may_request(request.actor))
    known = {name: request.GET[name] for name in ("host", "bond", "witness") if name in request.GET}
    form = DrillForm(request.POST or None, actor=request.actor, initial=known)
    if form.is_valid():
        return ask_for(request, None, _asked(form))
    return _page(request, form, None)


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="GET POST")
def drill_edit(request: Request, number: int) -> HttpResponse:
    """The same for a change that is not decided yet."""
    change = changes_seen_by(request.actor).select_related("host").filter(pk=number, kind=KIND).first()
    if change is None:
        raise Http404(f"There is no drill #{number}.")
    allow(may(Action.EDIT, request.actor, change.case()))
    form = DrillForm(
        request.POST or None,
        actor=request.actor,
        initial=change.params | {"reason": change.reason, "ticket": change.ticket},
    )
    if form.is_valid():
        return ask_for(request, change, _asked(form))
    return _page(request, form, change)


def _asked(form: DrillForm) -> ChangeRequest:
    host, data = form.cleaned_data["host"], form.cleaned_data
    return ChangeRequest(KIND, form.wish().to_json(), host.pk, host.vm_id, data["reason"], data["ticket"])


def _page(request: Request, form: DrillForm, change: Change | None) -> HttpResponse:
    url = reverse("drill_edit", args=[change.pk]) if change else reverse("drill_new")
    context = {"form": form, "change": change, "url": url}
    return render(request, "networking/drill_form.html", context, status=422 if form.is_bound else 200)
