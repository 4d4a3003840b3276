"""What people say about a machine: still mine, or not mine; signed in, or by the link of a mail."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from inventory.asking import last_asking
from inventory.confirming import (
    MINE,
    LinkRefused,
    answer_by_link,
    asking_of,
    machine_confirm,
    machine_disown,
    may_answer,
)
from inventory.models import Host, Vm
from inventory.selectors import host_by_name, vm_by_name
from inventory.unowned import label_of
from people.access import Request, anyone, requires
from people.actor import Actor
from people.roles import Role

MOST_REASON = 2000


def ownership(row: Any, actor: Actor) -> dict[str, Any]:
    """What the page of a machine says of its owner's word, and the buttons for whoever may give it."""
    return {
        "owned": row,
        "word": label_of(row),
        "asking": last_asking(row),
        "may_answer": row.owner_id is not None and may_answer(actor, row),
    }


@requires(Role.VIEWER, methods="POST")
def vm_answer(request: Request, name: str) -> HttpResponse:
    try:
        return _answered(request, vm_by_name(name, request.actor))
    except Vm.DoesNotExist:
        raise Http404(f"There is no VM called {name}.") from None


@requires(Role.VIEWER, methods="POST")
def host_answer(request: Request, name: str) -> HttpResponse:
    try:
        host = host_by_name(name, request.actor)
    except Host.DoesNotExist:
        raise Http404(f"There is no host called {name}.") from None
    if host.vm:
        messages.info(request, f"{host} is the VM {host.vm}, which has an owner of its own. Answer here.")
        return redirect(host.vm)
    return _answered(request, host)


def _answered(request: Request, row: Vm | Host) -> HttpResponse:
    if not may_answer(request.actor, row):
        sentence = f"Only {row.owner or 'its owner'}'s own people and operators say whose {row} is."
        return render(request, "403.html", {"exception": sentence}, status=403)
    try:
        if request.POST.get("answer") == MINE:
            machine_confirm(row, by=request.actor)
            messages.success(request, f"{row} is {row.owner}'s, as of today.")
        else:
            machine_disown(row, _reason(request), by=request.actor)
            messages.success(request, f"{row} has no owner now. It stands among the unowned machines.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(row)


@never_cache
@anyone(methods="GET POST")
def confirm(request: Request, token: str) -> HttpResponse:
    """The page that a mail leads to. Reading it changes nothing: programs that look at mails follow links."""
    error = ""
    try:
        if request.method == "POST":
            try:
                answered = answer_by_link(token, request.POST.get("answer", ""), _reason(request))
                return render(
                    request, "inventory/confirmed.html", {"asking": answered, "mine": answered.answer == MINE}
                )
            except ValidationError as refused:
                error = " ".join(refused.messages)
        asking = asking_of(token)
    except LinkRefused as refused:
        return render(request, "inventory/confirm_refused.html", {"sentence": str(refused)}, status=410)
    return render(request, "inventory/confirm.html", {"asking": asking, "error": error}, status=422 if error else 200)


def _reason(request: Request) -> str:
    return request.POST.get("reason", "").replace("\0", "")[:MOST_REASON]
