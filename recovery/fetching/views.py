"""Asking for a fetch."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from changes.acting import allow
from changes.models import Change
from changes.policy import Action, may, may_request
from changes.rights import changes_seen_by
from changes.services import Request as ChangeRequest
from execution.asking import ask_for, host_named, known_of
from inventory.models import Host, Vm
from people.access import Request, requires
from people.roles import Role
from recovery.fetching.forms import FetchForm, hypervisors, vms_of
from recovery.fetching.kind import KIND
from recovery.fetching.wish import Wish


@requires(Role.REQUESTER, methods="GET POST")
def fetch_new(request: Request) -> HttpResponse:
    """The form for `?host=hv01`; without it, which hypervisors there are."""
    allow(may_request(request.actor))
    if not request.GET.get("host"):
        return render(request, "fetching/hosts.html", {"hosts": hypervisors(request.actor)})
    return _page(request, host_named(request), None, {"vm": request.GET.get("vm", "")})


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="GET POST")
def fetch_edit(request: Request, number: int) -> HttpResponse:
    """The same for a change that is not decided yet."""
    change = changes_seen_by(request.actor).select_related("host").filter(pk=number, kind=KIND.key).first()
    if change is None:
        raise Http404(f"There is no fetch #{number}.")
    allow(may(Action.EDIT, request.actor, change.case()))
    params = change.params
    to = f"clone:{params['template']}" if params["template"] else f"vm:{params['target']}"
    known = {**params, "to": to, "gib": params["gib"] or None, "reason": change.reason, "ticket": change.ticket}
    return _page(request, change.host, change, known)


def _page(request: Request, host: Host, change: Change | None, initial: dict[str, Any]) -> HttpResponse:
    known = known_of(host)
    vms = vms_of(known.kept.facts if known.kept else None)
    form = FetchForm(request.POST or None, actor=request.actor, host=host, vms=vms, initial=initial)
    if form.is_valid() and form.wish:
        data = form.cleaned_data
        return ask_for(request, change, asked(form.wish, data["reason"], data["ticket"]))
    url = reverse("fetch_edit", args=[change.pk]) if change else f"{reverse('fetch_new')}?host={host.name}"
    context = {"form": form, "change": change, "url": url, "host": host, "vms": vms, "known": known}
    return render(request, "fetching/form.html", context, status=422 if form.is_bound else 200)


def asked(wish: Wish, reason: str, ticket: str) -> ChangeRequest:
    """The wish as a request of the floor below."""
    host, vm = Host.objects.get(name=wish.host), Vm.objects.get(name=wish.vm)
    return ChangeRequest(KIND.key, wish.to_json(), host.pk, vm.pk, reason, ticket)
