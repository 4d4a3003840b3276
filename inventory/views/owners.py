"""Owners: the list, one owner's page, adding and editing."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inventory.forms import MembershipForm, OwnerForm
from inventory.models import Membership, Owner
from inventory.paging import filters, page_by_name
from inventory.panels import panels_for
from inventory.rights import owners_seen_by
from inventory.selectors import owner_list
from inventory.services import record_edit
from inventory.views.editing import form_page, saved
from people.access import Request, requires, when_posted
from people.roles import Role


@requires(Role.VIEWER)
def owners(request: Request) -> HttpResponse:
    chosen = filters(request.GET, "text")
    page = page_by_name(owner_list(request.actor, **chosen), request.GET)
    return render(request, "inventory/owners.html", {"page": page, "chosen": chosen, "filtering": any(chosen.values())})


@requires(Role.VIEWER)
def owner(request: Request, pk: int) -> HttpResponse:
    return owner_page(request, get_object_or_404(owners_seen_by(request.actor), pk=pk))


def owner_page(request: Request, row: Owner, form: MembershipForm | None = None) -> HttpResponse:
    """The page of one owner; adding a person passes the form that did not hold."""
    context = {
        "owner": row,
        "vms": row.vms.select_related("host"),
        "hosts": row.hosts.filter(vm__isnull=True),
        "members": row.memberships.select_related("user"),
        "member_form": form or MembershipForm(),
        "panels": panels_for("owner", row, request.actor),
    }
    return render(request, "inventory/owner.html", context, status=422 if form else 200)


@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def member_add(request: Request, pk: int) -> HttpResponse:
    """A person who signs in belongs to the owner from now on."""
    row = get_object_or_404(Owner, pk=pk)
    form = MembershipForm(request.POST, instance=Membership(owner=row), by=request.actor)
    if not form.is_valid():
        return owner_page(request, row, form)
    with transaction.atomic():
        member = form.save()
        days = {"from": str(member.since or ""), "until": str(member.until or "")} if member.deputy else {}
        record_edit("owner.add_person", row, request.actor, {"person": member.user.username, **days})
    messages.success(request, f"{member.user} belongs to {row} now.")
    return redirect(row)


@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def member_remove(request: Request, pk: int, member: int) -> HttpResponse:
    row = get_object_or_404(Owner, pk=pk)
    found = get_object_or_404(Membership.objects.select_related("user"), pk=member, owner=row)
    with transaction.atomic():
        found.delete()
        record_edit("owner.remove_person", row, request.actor, {"person": found.user.username})
    messages.success(request, f"{found.user} does not belong to {row} any more.")
    return redirect(row)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def owner_new(request: Request) -> HttpResponse:
    form = OwnerForm(request.POST or None)
    return redirect(form.instance) if saved(request, form) else form_page(request, "inventory/owner_form.html", form)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def owner_edit(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(Owner, pk=pk)
    form = OwnerForm(request.POST or None, instance=row)
    if saved(request, form):
        return redirect(row)
    return form_page(request, "inventory/owner_form.html", form, row=get_object_or_404(Owner, pk=pk))
