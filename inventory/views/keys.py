"""Host keys: ask for one, give one, trust one, revoke one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from inventory.connect import scan_key
from inventory.forms import HostKeyForm, TrustForm
from inventory.models import HostKey
from inventory.services import host_key_offer, host_key_revoke, host_key_trust
from inventory.states import KeyState
from inventory.views.hosts import find_host, host_page
from people.access import Request, requires, when_posted
from people.roles import Role
from ssh.session import SessionError

KEEPERS = (Role.OPERATOR, Role.ADMINISTRATOR)


@requires(*KEEPERS, methods="POST")
def host_key_scan(request: Request, name: str) -> HttpResponse:
    """Ask the host for its key; nothing but the key exchange is sent."""
    row = find_host(request, name)
    try:
        key = scan_key(row, by=request.actor)
    except (SessionError, ValueError) as error:
        messages.error(request, str(error))
    else:
        _tell(request, key)
    return redirect(row)


@requires(*KEEPERS, methods="POST")
def host_key_add(request: Request, name: str) -> HttpResponse:
    """Take a key that a person gives, for a host that cannot be asked from here."""
    row, form = find_host(request, name), HostKeyForm(request.POST)
    if not form.is_valid():
        return host_page(request, row, key_form=form, status=422)
    _tell(request, host_key_offer(row, form.cleaned_data["line"], source=HostKey.Source.TYPED, by=request.actor))
    return redirect(row)


@requires(*KEEPERS, methods="POST", fresh=when_posted)
def host_key_trust_view(request: Request, name: str, pk: int) -> HttpResponse:
    row = find_host(request, name)
    key, form = get_object_or_404(HostKey, pk=pk, host=row), TrustForm(request.POST)
    if form.is_valid():
        try:
            host_key_trust(key, form.cleaned_data["fingerprint"], by=request.actor)
        except ValidationError as error:
            form.add_error("fingerprint", error.messages)
        else:
            messages.success(request, f"{row} is pinned to {key.fingerprint}. Any other key stops everything for it.")
            return redirect(row)
    return host_page(request, row, trust_form=form, trust_pk=pk, status=422)


@requires(*KEEPERS, methods="POST")
def host_key_revoke_view(request: Request, name: str, pk: int) -> HttpResponse:
    row = find_host(request, name)
    key = get_object_or_404(HostKey, pk=pk, host=row)
    try:
        host_key_revoke(key, by=request.actor, reason=request.POST.get("reason", "")[:2000])
        messages.success(request, f"The key {key.fingerprint} counts no longer.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(row)


def _tell(request: Request, key: HostKey) -> None:
    if key.state == KeyState.TRUSTED:
        messages.success(request, f"{key.host} shows the trusted key, {key.fingerprint}.")
    elif key.host.keys.filter(state=KeyState.TRUSTED).exists():
        messages.error(request, f"{key.host} shows another key than the trusted one: {key.fingerprint}.")
    else:
        messages.info(request, f"{key.host} shows {key.fingerprint}. Compare it on the host's console.")
