"""Asking for a proof."""

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
from inventory.models import Host
from people.access import Request, requires
from people.roles import Role
from readiness.proof.forms import ProofForm
from readiness.proof.planner import KIND
from readiness.proof.wish import Wish


@requires(Role.REQUESTER, methods="GET POST")
def proof_new(request: Request) -> HttpResponse:
    """The form; `?host=app01` begins with that machine, and with the VM of its name."""
    allow(may_request(request.actor))
    form = ProofForm(request.POST or None, actor=request.actor, initial={"proves": request.GET.get("host", "")})
    if form.is_valid():
        return ask_for(request, None, _asked(form))
    return _page(request, form, None)


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="GET POST")
def proof_edit(request: Request, number: int) -> HttpResponse:
    """The same for a change that is not decided yet."""
    change = changes_seen_by(request.actor).select_related("host").filter(pk=number, kind=KIND).first()
    if change is None:
        raise Http404(f"There is no proof #{number}.")
    allow(may(Action.EDIT, request.actor, change.case()))
    vm = f"{change.params['host']}/{change.params['uuid']}"
    known = change.params | {"vm": vm, "reason": change.reason, "ticket": change.ticket}
    form = ProofForm(request.POST or None, actor=request.actor, initial=known)
    if form.is_valid():
        return ask_for(request, change, _asked(form))
    return _page(request, form, change)


def _asked(form: ProofForm) -> ChangeRequest:
    data = form.cleaned_data
    return request_of(form.wish(), data["proves"], data["reason"], data["ticket"])


def request_of(wish: Wish, proves: Host, reason: str, ticket: str) -> ChangeRequest:
    """The wish as a request of the floor below: done on the hypervisor, about the machine's VM."""
    hypervisor = Host.objects.get(name=wish.host)
    return ChangeRequest(KIND, wish.to_json(), hypervisor.pk, proves.vm_id, reason, ticket)


def _page(request: Request, form: ProofForm, change: Change | None) -> HttpResponse:
    url = reverse("proof_edit", args=[change.pk]) if change else reverse("proof_new")
    context = {"form": form, "change": change, "url": url, "none": form.has_none and not form.is_bound}
    return render(request, "proof/form.html", context, status=422 if form.is_bound else 200)
