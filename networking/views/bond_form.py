"""Asking for a bond."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape

from changes.acting import allow
from changes.models import Change
from changes.policy import Action, may, may_request
from changes.rights import changes_seen_by
from changes.services import Request as ChangeRequest
from execution.asking import ask_for, facts_part, host_named, known_of
from inventory.models import Host
from networking.forms import Draft, draft_fresh, draft_posted, network_in, nics_of, problem_in
from networking.planner import KIND
from people.access import Request, requires
from people.roles import Role


@requires(Role.REQUESTER, methods="GET POST")
def bond_new(request: Request) -> HttpResponse:
    """The form; `?host=web01` begins with that host, `&bond=bond0` with a bond that is there."""
    allow(may_request(request.actor))
    return _form(request, None)


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="GET POST")
def bond_edit(request: Request, number: int) -> HttpResponse:
    """The same for a change that is not decided yet."""
    change = changes_seen_by(request.actor).select_related("host").filter(pk=number, kind=KIND).first()
    if change is None:
        raise Http404(f"There is no bond change #{number}.")
    allow(may(Action.EDIT, request.actor, change.case()))
    return _form(request, change)


def _form(request: Request, change: Change | None) -> HttpResponse:
    if request.method == "POST":
        draft = draft_posted(request.actor, request.POST, final=request.POST.get("go") == "create")
    else:
        draft = draft_fresh(request.actor, request.GET, change)
    if draft.is_right:
        return _ask(request, change, draft)
    page = "networking/_form.html" if request.htmx else "networking/form.html"
    url = reverse("bond_edit", args=[change.pk]) if change else reverse("bond_new")
    context = {"draft": draft, "form": draft.form, "change": change, "url": url}
    if draft.host:
        context |= host_context(draft.host)
    return render(request, page, context, status=422 if draft.final else 200)


def _ask(request: Request, change: Change | None, draft: Draft) -> HttpResponseRedirect:
    host, value = draft.host, draft.form.cleaned_data
    if host is None:
        raise ValueError("A form without a host is not right.")
    wanted = ChangeRequest(KIND, draft.params(), host.pk, host.vm_id, value["reason"], value["ticket"])
    return ask_for(request, change, wanted)


@requires(Role.REQUESTER, Role.ADMINISTRATOR)
def bond_host(request: Request) -> HttpResponse:
    """The chosen host's ports: asked for again each second until they have come."""
    return facts_part(request, "networking/_host.html", host_context(host_named(request)))


def host_context(host: Host) -> dict[str, Any]:
    """What the host last said of its network, as its part of the form shows it."""
    known = known_of(host)
    kept, network = known.kept, network_in(known.kept)
    return {
        "host": host,
        "kept": kept,
        "asking": known.asking,
        "network": network,
        "nics": nics_of(network),
        "error": "" if known.asking else (kept.error if kept else "") or problem_in(kept),
    }


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="POST")
def bond_check(request: Request) -> HttpResponse:
    """One field's error as one types: a sentence, or nothing."""
    draft = draft_posted(request.actor, request.POST, final=False)
    draft.form.is_valid()
    return HttpResponse(escape(" ".join(str(each) for each in draft.form.errors.get(request.GET.get("field", ""), []))))
