"""Owners: the list, one owner's page, adding and editing."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inventory.forms import OwnerForm
from inventory.models import Owner
from inventory.paging import filters, page_by_name
from inventory.panels import panels_for
from inventory.selectors import owner_list
from inventory.views.editing import form_page, saved
from people.access import Request, requires
from people.roles import Role


@requires(Role.VIEWER)
def owners(request: Request) -> HttpResponse:
    chosen = filters(request.GET, "text")
    page = page_by_name(owner_list(**chosen), request.GET)
    return render(request, "inventory/owners.html", {"page": page, "chosen": chosen, "filtering": any(chosen.values())})


@requires(Role.VIEWER)
def owner(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(Owner, pk=pk)
    vms = row.vms.select_related("host")
    return render(
        request, "inventory/owner.html", {"owner": row, "vms": vms, "panels": panels_for("owner", row, request.actor)}
    )


@requires(Role.ADMINISTRATOR, methods="GET POST")
def owner_new(request: Request) -> HttpResponse:
    form = OwnerForm(request.POST or None)
    return redirect(form.instance) if saved(request, form) else form_page(request, "inventory/owner_form.html", form)


@requires(Role.ADMINISTRATOR, methods="GET POST")
def owner_edit(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(Owner, pk=pk)
    form = OwnerForm(request.POST or None, instance=row)
    if saved(request, form):
        return redirect(row)
    return form_page(request, "inventory/owner_form.html", form, row=get_object_or_404(Owner, pk=pk))
