"""One's own notices, and webhooks, over the API: the same services, the same audit.

A webhook is added, and given another secret, on its page alone: an answer with a secret in it would be kept for whoever
sends the request again (`api.once`). So is where a chat's secret goes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from api.auth import Bearer, seer, user_of
from api.paging import Limit, by_name, newest_first
from api.problems import REFUSALS, FieldErrors
from notices.choices import choices_of, choices_save
from notices.kinds import How, Kind
from notices.models import Delivery, Webhook
from notices.receivers import Receiver
from notices.webhook_forms import WebhookForm
from notices.webhooks import delivery_again, webhook_save, webhook_switch, webhook_test
from people.roles import Role

router = Router(tags=["notices"])
hooks = Router(tags=["webhooks"])
ADMIN = Bearer(Role.ADMINISTRATOR)


class ChoicesOut(Schema):
    """How you are told of each kind: `now`, `daily` or `nothing`."""

    approval: How
    glass: How
    window: How
    run: How
    waiting: How
    bond: How
    key: How
    ownership: How


class ChoicesIn(Schema):
    """The kinds to change; what is left out stays."""

    approval: How | None = None
    glass: How | None = None
    window: How | None = None
    run: How | None = None
    waiting: How | None = None
    bond: How | None = None
    key: How | None = None
    ownership: How | None = None


@router.get("", response={200: ChoicesOut, **REFUSALS}, summary="What you are told of by mail")
def choices(request: HttpRequest) -> dict[Kind, How]:
    return choices_of(user_of(request))


@router.put("", response={200: ChoicesOut, **REFUSALS}, summary="Choose what you are told of")
def choose(request: HttpRequest, body: ChoicesIn) -> dict[Kind, How]:
    wanted = {Kind(name): how for name, how in body.dict(exclude_none=True).items()}
    choices_save(user_of(request), wanted, seer(request))
    return choices_of(user_of(request))


class WebhookIn(Schema):
    """`url` is a program's; that of a chat is kept with its secret: leave it out, or send what `GET` gives. `room`
    is that of Matrix."""

    name: str
    url: str = ""
    room: str = ""
    kinds: list[str]


class WebhookOut(Schema):
    """`receiver` does not change. Of an address that is a secret, `url` is the host."""

    id: int
    name: str
    receiver: Receiver
    url: str
    room: str
    kinds: list[str]
    enabled: bool
    quiet_until: datetime | None


FIXED = {
    "url": "Where a chat’s secret goes is entered together with it, on the webhook’s page.",
    "room": "Only a webhook of Matrix has a room.",
}


class WebhookPage(Schema):
    items: list[WebhookOut]
    after: str | None = None


class DeliveryOut(Schema):
    """`message` is the receiver's `webhook-id`; `state` is waiting, arrived or failed; `answered` the last status."""

    id: int
    message: str
    type: str
    state: str
    attempts: int
    answered: int | None
    sentence: str
    made_at: datetime
    tried_at: datetime | None


class DeliveryPage(Schema):
    items: list[DeliveryOut]
    before: int | None = None


class Switch(Schema):
    enabled: bool


@hooks.get("", response={200: WebhookPage, **REFUSALS}, auth=ADMIN, summary="Webhooks by name")
def webhooks(request: HttpRequest, after: str = "", limit: Limit = 50) -> dict[str, Any]:
    return by_name(Webhook.objects.all(), after, limit, _webhook)


@hooks.put("/{number}", response={200: WebhookOut, **REFUSALS}, auth=ADMIN, summary="Say a webhook anew")
def webhook_edit(request: HttpRequest, number: int, body: WebhookIn) -> dict[str, Any]:
    row = Webhook.objects.get(pk=number)
    form = WebhookForm(body.dict(), instance=row)
    for name in ("url", "room"):
        if name not in form.fields and getattr(body, name) not in ("", getattr(row, name)):
            raise FieldErrors({name: [FIXED[name]]})
    if not form.is_valid():
        raise FieldErrors({name: list(map(str, errors)) for name, errors in form.errors.items()})
    return _webhook(webhook_save(form, seer(request))[0])


@hooks.post("/{number}/switch", response={200: WebhookOut, **REFUSALS}, auth=ADMIN, summary="Switch it on or off")
def webhook_toggle(request: HttpRequest, number: int, body: Switch) -> dict[str, Any]:
    return _webhook(webhook_switch(Webhook.objects.get(pk=number), body.enabled, seer(request)))


@hooks.post("/{number}/test", response={202: DeliveryOut, **REFUSALS}, auth=ADMIN, summary="Send it a test")
def webhook_try(request: HttpRequest, number: int) -> Status[dict[str, Any]]:
    """A worker sends it within seconds; `deliveries` tells what came of it."""
    return Status(202, _delivery(webhook_test(Webhook.objects.get(pk=number), seer(request))))


@hooks.get(
    "/{number}/deliveries", response={200: DeliveryPage, **REFUSALS}, auth=ADMIN, summary="What was sent, newest first"
)
def deliveries(request: HttpRequest, number: int, before: int | None = None, limit: Limit = 50) -> dict[str, Any]:
    rows = Delivery.objects.filter(webhook=Webhook.objects.get(pk=number)).select_related("happening")
    return newest_first(rows, before, limit, _delivery)


@hooks.post(
    "/{number}/deliveries/{delivery}/again",
    response={202: DeliveryOut, **REFUSALS},
    auth=ADMIN,
    summary="Send it once more, under its id",
)
def webhook_again(request: HttpRequest, number: int, delivery: int) -> Status[dict[str, Any]]:
    row = Delivery.objects.get(pk=delivery, webhook=number)
    delivery_again(row, seer(request))
    row.refresh_from_db()
    return Status(202, _delivery(row))


def _webhook(row: Webhook) -> dict[str, Any]:
    return {name: getattr(row, name) for name in WebhookOut.model_fields}


def _delivery(row: Delivery) -> dict[str, Any]:
    plain = ("id", "message", "state", "attempts", "answered", "sentence", "made_at", "tried_at")
    return {**{name: getattr(row, name) for name in plain}, "type": row.happening.kind if row.happening else "test"}
