"""Asking for a bond."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from changes.acting import try_act
from changes.models import Change
from changes.policy import Action, Decision, may, may_request
from changes.services import Request as ChangeRequest
from changes.services import change_create, change_edit
from execution.doorbell import ring_plan
from execution.facts import pending, wish
from inventory.models import Host, HostFacts
from networking.forms import Draft, draft_fresh, draft_posted, known_network, nics_of, problem_of
from networking.planner import KIND
from people.access import Request, requires
from people.roles import Role

FRESH = timedelta(seconds=60)


@requires(Role.REQUESTER, methods="GET POST")
def bond_new(request: Request) -> HttpResponse:
    """The form; `?host=web01` begins with that host, `&bond=bond0` with a bond that is there."""
    _allow(may_request(request.actor))
    return _form(request, None)


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="GET POST")
def bond_edit(request: Request, number: int) -> HttpResponse:
    """The same for a change that is not decided yet."""
    change = Change.objects.select_related("host").filter(pk=number, kind=KIND).first()
    if change is None:
        raise Http404(f"There is no bond change #{number}.")
    _allow(may(Action.EDIT, request.actor, change.case()))
    return _form(request, change)


def _form(request: Request, change: Change | None) -> HttpResponse:
    if request.method == "POST":
        draft = draft_posted(request.POST, final=request.POST.get("go") == "create")
    else:
        draft = draft_fresh(request.GET, change)
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
    if change is None:
        made = change_create(request.user, wanted)
        ring_plan(made)
        return redirect("change", made.pk)
    return try_act(request, change, lambda: ring_plan(change_edit(request.user, change, wanted)), "")


@requires(Role.REQUESTER, Role.ADMINISTRATOR)
def bond_host(request: Request) -> HttpResponse:
    """The chosen host's ports: asked for again each second until they have come."""
    host = Host.objects.filter(name=request.GET.get("host", "")).first()
    if host is None:
        raise Http404("There is no host of this name.")
    context = host_context(host)
    response = render(request, "networking/_host.html", context)
    if not context["asking"]:
        response["HX-Trigger-After-Settle"] = "facts-came"
    return response


def host_context(host: Host) -> dict[str, Any]:
    """What the host last said of its network; a worker is asked to look again where that is older than a minute."""
    kept = HostFacts.objects.filter(host=host).first()
    asking = pending(host)
    if not asking and (kept is None or timezone.now() - kept.tried_at > FRESH):
        wish(host)
        asking = pending(host)
    network = known_network(host)
    return {
        "host": host,
        "kept": kept,
        "asking": asking,
        "network": network,
        "nics": nics_of(network),
        "error": "" if asking else (kept.error if kept else "") or problem_of(host),
    }


@requires(Role.REQUESTER, Role.ADMINISTRATOR, methods="POST")
def bond_check(request: Request) -> HttpResponse:
    """One field's error as one types: a sentence, or nothing."""
    draft = draft_posted(request.POST, final=False)
    draft.form.is_valid()
    return HttpResponse(escape(" ".join(str(each) for each in draft.form.errors.get(request.GET.get("field", ""), []))))


def _allow(decision: Decision) -> None:
    if not decision.allowed:
        raise PermissionDenied(decision.reason)
