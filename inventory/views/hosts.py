"""Hosts: the list, one host's page, and adding or editing one."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from inventory.credentials import host_sign_in
from inventory.facts_view import sections
from inventory.forms import HostForm, HostKeyForm, HostNewForm, SignInFields, TrustForm
from inventory.models import Host, HostFacts
from inventory.paging import clean, filters, page_by_name
from inventory.panels import panels_for
from inventory.selectors import host_by_name, host_list, hosts_shown
from inventory.services import record_edit
from inventory.setup import host_commands
from inventory.states import TRUST_LABELS, HostTrust, KeyState
from inventory.unowned import counts
from inventory.views.answers import ownership
from inventory.views.editing import form_page, saved
from people.access import Request, always, requires, when_posted
from people.roles import Role
from people.vault import VaultError

CHECKED = ("name", "address", "port", "user", "jump")


@requires(Role.VIEWER)
def hosts(request: Request) -> HttpResponse:
    chosen = filters(request.GET, "text", "trust", "owner")
    context = {
        "page": page_by_name(
            host_list(request.actor, **chosen), request.GET, shown=partial(hosts_shown, actor=request.actor)
        ),
        "chosen": chosen,
        "filtering": any(chosen.values()),
        "trusts": TRUST_LABELS.items(),
    }
    part = request.htmx.target == "host-list"
    if not part:
        context["without_a_word"] = counts(request.actor)
    return render(request, "inventory/_hosts.html" if part else "inventory/hosts.html", context)


@requires(Role.VIEWER)
def host(request: Request, name: str) -> HttpResponse:
    return host_page(request, find_host(request, name))


def host_page(request: Request, row: Host, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The page of one host; a view of its keys passes the form that did not hold."""
    trust, facts = row.trust, HostFacts.objects.filter(host=row).first()
    context = {
        "host": row,
        "trust": trust,
        "changed": trust is HostTrust.CHANGED,
        "keys": row.keys.exclude(state=KeyState.REVOKED),
        "revoked": row.keys.filter(state=KeyState.REVOKED),
        "facts": facts,
        "sections": list(sections(facts.facts)) if facts and facts.facts else [],
        "panels": panels_for("host", row, request.actor),
        "commands": host_commands(row.user, row.credential.public_key, row.sudo) if row.credential else "",
        "may_trust": request.actor.may(Role.OPERATOR, Role.ADMINISTRATOR),
        "may_edit": request.actor.may(Role.ADMINISTRATOR),
        **ownership(row.answers, request.actor),
        "trust_form": TrustForm(),
        "key_form": HostKeyForm(),
        **forms,
    }
    return render(request, "inventory/host.html", context, status=status)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=always)
def host_new(request: Request) -> HttpResponse:
    form = HostNewForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _create(request, form):
        messages.success(request, f"{form.instance} is added. Now ask it for its host key.")
        return redirect(form.instance)
    return form_page(request, "inventory/host_new.html", form)


def _create(request: Request, form: HostNewForm) -> bool:
    """Host, credential and audit entries together, or an error at a field."""
    form.by = request.actor
    try:
        with transaction.atomic():
            row = form.save()
            detail = {"address": row.address, "port": row.port, "user": row.user}
            record_edit("host.create", row, request.actor, detail)
            _sign_in(row, form, request)
    except (ValidationError, VaultError) as error:
        form.instance = Host()
        form.add_secret_error(error if isinstance(error, ValidationError) else ValidationError(str(error)))
        return False
    return True


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def host_edit(request: Request, name: str) -> HttpResponse:
    row = find_host(request, name)
    form = HostForm(request.POST or None, instance=row)
    if saved(request, form):
        messages.success(request, f"{form.instance} is saved.")
        return redirect(form.instance)
    return form_page(request, "inventory/host_edit.html", form, name=name)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=always)
def host_credential(request: Request, name: str) -> HttpResponse:
    """Another way to sign in to a host that is there already."""
    row = find_host(request, name)
    form = SignInFields(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                _sign_in(row, form, request)
                detail = {"fields": ["credential"], "way": form.cleaned_data["sign_in"]}
                record_edit("host.edit", row, request.actor, detail)
            return redirect(row)
        except (ValidationError, VaultError) as error:
            form.add_secret_error(error if isinstance(error, ValidationError) else ValidationError(str(error)))
    return form_page(request, "inventory/host_credential.html", form, host=row)


@requires(Role.ADMINISTRATOR, methods="POST")
def host_check(request: Request) -> HttpResponse:
    """What is wrong with the field that was just typed in, as a sentence, or nothing."""
    field = request.htmx.trigger_name or ""
    known = Host.objects.filter(name__iexact=clean(request.POST.get("is", ""))).first()
    form = HostForm(request.POST, instance=known)
    errors = list(form.errors.get(field, [])) if field in CHECKED else []
    if field in ("address", "port"):
        errors = errors or list(form.non_field_errors())
    return render(request, "inventory/_check.html", {"errors": errors})


def find_host(request: Request, name: str) -> Host:
    """The host, or 404, also where this person does not see it."""
    try:
        return host_by_name(name, request.actor)
    except Host.DoesNotExist:
        raise Http404(f"There is no host called {name}.") from None


def _sign_in(row: Host, form: SignInFields, request: Request) -> None:
    way = form.cleaned_data["sign_in"]
    if way == "existing":
        row.credential = form.cleaned_data["credential"]
        row.save(update_fields=["credential"])
    else:
        host_sign_in(row, way, form.credential_words(), by=request.actor)
