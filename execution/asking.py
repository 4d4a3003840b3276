"""How the form of any kind of change is served: the host's facts come by themselves; what is asked for is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone

from changes.acting import try_act
from changes.models import Change
from changes.services import Request as ChangeRequest
from changes.services import change_create, change_edit
from execution.doorbell import ring_plan
from execution.facts import pending, wish
from inventory.models import Host, HostFacts
from inventory.rights import hosts_seen_by
from people.access import Request

FRESH = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a host, None where it never said anything; asking: a worker asks it at this moment."""

    kept: HostFacts | None
    asking: bool


def known_of(host: Host) -> Known:
    """What the host last said; a worker is asked to look again where that is older than a minute.

    Whether a worker asks it is looked at first: the answer may come in between, and is kept before the wish is gone.
    """
    asking = pending(host)
    kept = HostFacts.objects.filter(host=host).first()
    if not asking and (kept is None or timezone.now() - kept.tried_at > FRESH):
        wish(host)
        asking = pending(host)
    return Known(kept, asking)


def host_named(request: Request) -> Host:
    """The host that the address names as `?host=`. Raises Http404, also where this person does not see it."""
    host = hosts_seen_by(request.actor).filter(name=request.GET.get("host", "")).first()
    if host is None:
        raise Http404("There is no host of this name.")
    return host


def facts_part(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The part of a form that shows the host's facts; it asks for itself again until they have come."""
    response = render(request, template, context)
    if not context["asking"]:
        response["HX-Trigger-After-Settle"] = "facts-came"
    return response


def ask_for(request: Request, change: Change | None, wanted: ChangeRequest) -> HttpResponseRedirect:
    """Create the change, or edit the one that is there, have it planned, and go to its page."""
    if change is None:
        made = change_create(request.user, wanted)
        ring_plan(made)
        return redirect("change", made.pk)
    return try_act(request, change, lambda: ring_plan(change_edit(request.user, change, wanted)), "")
