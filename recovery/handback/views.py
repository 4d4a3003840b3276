"""Asking for a hand back."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from changes.acting import allow
from changes.models import Change
from changes.policy import Action, may, may_request
from changes.rights import changes_seen_by
from changes.services import Request as ChangeRequest
from execution.asking import ask_for
from inventory.models import Host, Vm
from people.access import Request, requires
from people.roles import Role
from recovery.handback.forms import HandBackForm
from recovery.handback.kind import KIND
from recovery.handback.wish import Wish


@requires(Role.REQUESTER, methods="GET POST")
def handback_new(request: Request) -> HttpResponse:
    """The form; `?recovery=7` begins with that one."""
    allow(may_request(request.actor))
    form = HandBackForm(
        request.POST or None, actor=request.actor, initial={"recovery": request.GET.get("recovery", "")}
    )
    if form.is_valid() and form.wish:
        return ask_for(request, None, asked(form.wish, form.cleaned_data["reason"], form.cleaned_data["ticket"]))
    return _page(request, form, None)


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="GET POST")
def handback_edit(request: Request, number: int) -> HttpResponse:
    """The same for a change that is not decided yet; the recovery stays what it is."""
    change = changes_seen_by(request.actor).select_related("host").filter(pk=number, kind=KIND.key).first()
    if change is None:
        raise Http404(f"There is no hand back #{number}.")
    allow(may(Action.EDIT, request.actor, change.case()))
    known = {"recovery": change.params["recovery"], "reason": change.reason, "ticket": change.ticket}
    recovery = Change.objects.get(pk=change.params["recovery"])
    form = HandBackForm(request.POST or None, actor=request.actor, initial=known, only=recovery)
    if form.is_valid() and form.wish:
        return ask_for(request, change, asked(form.wish, form.cleaned_data["reason"], form.cleaned_data["ticket"]))
    return _page(request, form, change)


def asked(wish: Wish, reason: str, ticket: str) -> ChangeRequest:
    """The wish as a request of the floor below."""
    host, vm = Host.objects.get(name=wish.host), Vm.objects.get(name=wish.vm)
    return ChangeRequest(KIND.key, wish.to_json(), host.pk, vm.pk, reason, ticket)


def _page(request: Request, form: HandBackForm, change: Change | None) -> HttpResponse:
    url = reverse("handback_edit", args=[change.pk]) if change else reverse("handback_new")
    context = {"form": form, "change": change, "url": url, "none": form.has_none and not form.is_bound}
    return render(request, "handback/form.html", context, status=422 if form.is_bound else 200)
