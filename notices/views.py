"""The page on which people choose their notices, and for administrators those of webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from notices.choices import ChoicesForm, choices_of, choices_save
from notices.kinds import KIND_WORDS
from notices.models import Delivery, Webhook
from notices.receivers import FORMS, Receiver
from notices.webhook_forms import SecretForm, WebhookForm
from notices.webhooks import (
    delivery_again,
    webhook_rotate,
    webhook_save,
    webhook_secret,
    webhook_switch,
    webhook_test,
)
from people.access import Request, always, requires, signed_in, when_posted
from people.models import User
from people.roles import Role

SHOWN = 50


def when_address_changes(request: HttpRequest, _words: Mapping[str, Any]) -> bool:
    """Notices name machines, and an approval is asked for by them: where they go is not changed by whoever passes."""
    kept = request.user.email if isinstance(request.user, User) else ""
    return request.method == "POST" and request.POST.get("email", kept).strip() != kept


def receiver_of(request: HttpRequest) -> Receiver:
    word = request.GET.get("receiver", "")
    return Receiver(word) if word in set(Receiver) else Receiver.PROGRAM


def when_secret(request: HttpRequest, _words: Mapping[str, Any]) -> bool:
    """Before a form is shown into which a secret is typed: it is not carried through the page that asks for a code."""
    return request.method == "POST" or FORMS[receiver_of(request)].secret is not None


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


@sensitive_post_parameters("secret")
@never_cache
@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=when_secret)
def webhook_new(request: Request) -> HttpResponse:
    """For the receiver of `?receiver=`. Shows a secret that was made in the answer to the post, and never again."""
    receiver = receiver_of(request)
    form = WebhookForm(request.POST if request.method == "POST" else None, receiver=receiver)
    if request.method == "POST" and form.is_valid():
        row, secret = webhook_save(form, request.actor)
        if not secret:
            messages.success(request, f"“{row}” is told from now on. Send a test to see that it arrives.")
            return redirect("webhook", row.pk)
        return _webhook(request, row, WebhookForm(instance=row), secret=secret)
    context = {"form": form, "receiver": receiver, "receivers": [(one, form.words) for one, form in FORMS.items()]}
    return render(request, "notices/webhook_new.html", context, status=422 if form.errors else 200)


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


@sensitive_post_parameters("secret")
@never_cache
@requires(Role.ADMINISTRATOR, methods="GET POST", fresh=always)
def webhook_new_secret(request: Request, pk: int) -> HttpResponse:
    """A program gets a new one, shown in this answer and never again; that of a chat is entered."""
    row = get_object_or_404(Webhook, pk=pk)
    posted = request.POST if request.method == "POST" else None
    if FORMS[Receiver(row.receiver)].secret is None:
        if posted is None:
            return redirect("webhook", pk)
        secret = webhook_rotate(row, request.actor)
        return _webhook(request, row, WebhookForm(instance=row), secret=secret)
    form = SecretForm(posted, instance=row)
    if posted is not None and form.is_valid():
        webhook_secret(form, request.actor)
        messages.success(request, f"“{row}” is told with what you entered from now on.")
        return redirect("webhook", pk)
    context = {"row": Webhook.objects.get(pk=pk), "form": form}
    return render(request, "notices/webhook_secret.html", context, status=422 if form.errors else 200)


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
    context["entered"] = FORMS[Receiver(row.receiver)].secret is not None
    context["quiet"] = row.quiet_until if row.quiet_until and row.quiet_until > timezone.now() else None
    return render(request, "notices/webhook.html", context, status=status)
