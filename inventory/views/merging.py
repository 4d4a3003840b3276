"""Two rows that are one machine: which one goes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect

from inventory.forms import MergeForm
from inventory.models import Host, Vm
from inventory.renaming import machine_merge
from inventory.views.editing import form_page
from inventory.views.hosts import find_host
from inventory.views.vms import find_vm
from people.access import Request, requires, when_posted
from people.roles import Role


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def host_merge(request: Request, name: str) -> HttpResponse:
    return _merge(request, find_host(request, name), Host)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def vm_merge(request: Request, name: str) -> HttpResponse:
    return _merge(request, find_vm(request, name), Vm)


def _merge(request: Request, kept: Any, model: Any) -> HttpResponse:
    form = MergeForm(request.POST or None, machines=model.objects.exclude(pk=kept.pk))
    if request.method == "POST" and form.is_valid():
        gone = form.cleaned_data["gone"]
        try:
            machine_merge(kept, gone, by=request.actor)
        except ValidationError as error:
            form.add_error("gone", error.messages)
        else:
            messages.success(request, f"{gone.name} is {kept} from now on, with its changes.")
            return redirect(kept)
    return form_page(request, "inventory/merge.html", form, kept=kept)
