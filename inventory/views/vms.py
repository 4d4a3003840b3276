"""VMs: the list, one VM's page, adding and editing."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from inventory.forms import VmForm
from inventory.models import Host, Vm
from inventory.paging import filters, page_by_name
from inventory.panels import panels_for
from inventory.selectors import vm_by_name, vm_list
from inventory.views.answers import ownership
from inventory.views.editing import form_page, saved
from people.access import Request, requires, when_posted
from people.roles import Role


@requires(Role.VIEWER)
def vms(request: Request) -> HttpResponse:
    chosen = filters(request.GET, "text")
    page = page_by_name(vm_list(request.actor, **chosen), request.GET)
    return render(request, "inventory/vms.html", {"page": page, "chosen": chosen, "filtering": any(chosen.values())})


@requires(Role.VIEWER)
def vm(request: Request, name: str) -> HttpResponse:
    row = find_vm(request, name)
    host = Host.objects.filter(vm=row).first()
    panels = panels_for("vm", row, request.actor)
    context = {"vm": row, "host": host, "panels": panels, **ownership(row, request.actor)}
    return render(request, "inventory/vm.html", context)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def vm_new(request: Request) -> HttpResponse:
    form = VmForm(request.POST or None)
    return redirect(form.instance) if saved(request, form) else form_page(request, "inventory/vm_form.html", form)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def vm_edit(request: Request, name: str) -> HttpResponse:
    form = VmForm(request.POST or None, instance=find_vm(request, name))
    if saved(request, form):
        return redirect(form.instance)
    return form_page(request, "inventory/vm_form.html", form, row=find_vm(request, name))


def find_vm(request: Request, name: str) -> Vm:
    """The VM, or 404, also where this person does not see it."""
    try:
        return vm_by_name(name, request.actor)
    except Vm.DoesNotExist:
        raise Http404(f"There is no VM called {name}.") from None
