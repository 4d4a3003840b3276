"""The page on which people choose their notices, and for administrators those of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from notices.choices import ChoicesForm, choices_of, choices_save
from notices.kinds import KIND_WORDS
from notices.models import Delivery, Webhook
from notices.webhooks import (
    WebhookForm,
    delivery_again,
    webhook_rotate,
    webhook_save,
    webhook_switch,
    webhook_test,
)
from people.access import Request, requires, signed_in, when_posted
from people.models import User
from people.roles import Role

SHOWN = 50


def when_address_changes(request: HttpRequest, _words: Mapping[str, Any]) -> bool:
    """Notices name machines, and an approval is asked for by them: where they go is not changed by whoever passes."""
    kept = request.user.email if isinstance(request.user, User) else ""
    return request.method == "POST" and request.POST.get("email", kept).strip() != kept


@signed_in("GET POST", fresh=when_address_changes)
def notice_choices(request: Request) -> HttpResponse:
    """Of each kind: at once, in the daily digest, or not at all."""
    now = {kind.value: how.value for kind, how in choices_of(request.user).items()}
    posted = request.POST if request.method == "POST" else None
    form = ChoicesForm(posted, user=request.user, initial=now | {"email": request.user.email})
    if request.method == "POST" and form.is_valid():
        choices_save(request.user, form.wanted, request.actor, form.cleaned_data.get("email"))
        messages.success(request, "Your notices are as you chose from now on.")
        return redirect("notice_choices")
    context = {"form": form, "mail_ready": settings.MAIL_READY, "hour": settings.DIGEST_HOUR}
    return render(request, "notices/choices.html", context, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR)
def webhooks(request: Request) -> HttpResponse:
    rows = [(row, [KIND_WORDS[kind] for kind in KIND_WORDS if kind in row.kinds]) for row in Webhook.objects.all()]
    return render(request, "notices/webhooks.html", {"rows": rows, "nets": settings.WEBHOOK_NETS})


@never_cache
@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def webhook_new(request: Request) -> HttpResponse:
    """Shows the secret in the answer to the post, and never again."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        row, secret = webhook_save(form, request.actor)
        return _webhook(request, row, WebhookForm(instance=row), secret=secret)
    return render(request, "notices/webhook_new.html", {"form": form}, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_posted)
def webhook(request: Request, pk: int) -> HttpResponse:
    """Its form, and what was sent to it, newest first."""
    row = get_object_or_404(Webhook, pk=pk)
    form = WebhookForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        webhook_save(form, request.actor)
        messages.success(request, f"“{row}” is told as you said from now on.")
        return redirect("webhook", pk)
    return _webhook(request, get_object_or_404(Webhook, pk=pk), form, status=422 if form.errors else 200)


@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def webhook_toggle(request: Request, pk: int) -> HttpResponse:
    """Post `on` or `off`."""
    row = webhook_switch(get_object_or_404(Webhook, pk=pk), request.POST.get("enabled") == "on", request.actor)
    messages.success(request, f"“{row}” is {'on' if row.enabled else 'off'} from now on.")
    return redirect("webhook", pk)


@never_cache
@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def webhook_new_secret(request: Request, pk: int) -> HttpResponse:
    """Shows the new secret in this answer, and never again."""
    row = get_object_or_404(Webhook, pk=pk)
    secret = webhook_rotate(row, request.actor)
    return _webhook(request, row, WebhookForm(instance=row), secret=secret)


@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def webhook_try(request: Request, pk: int) -> HttpResponse:
    """A worker sends it, by the very rules of everything else; what came of it stands below in a few seconds."""
    webhook_test(get_object_or_404(Webhook, pk=pk), request.actor)
    messages.info(request, "A test is on its way. Load this page again in a few seconds to see what came of it.")
    return redirect("webhook", pk)


@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def webhook_again(request: Request, pk: int, delivery: int) -> HttpResponse:
    if delivery_again(get_object_or_404(Delivery, pk=delivery, webhook=pk), request.actor):
        messages.info(request, "It is sent once more, under the same id.")
    else:
        messages.warning(request, "It waits to be sent anyhow.")
    return redirect("webhook", pk)


def _webhook(request: Request, row: Webhook, form: WebhookForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    deliveries = Delivery.objects.filter(webhook=row).select_related("happening")[:SHOWN]
    context = {"row": row, "form": form, "secret": secret, "deliveries": deliveries}
    return render(request, "notices/webhook.html", context, status=status)
