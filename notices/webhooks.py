"""Writing webhooks: who is told, with which secret, and what is told again. Each act is audited."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from audit.services import record
from notices.models import Delivery, Happening, Webhook
from notices.signing import new_secret
from notices.webhook_forms import SecretForm, WebhookForm
from people.actor import Actor
from people.vault import Sealed, Vault, open_vault

OVERLAP = timedelta(days=1)


@sensitive_variables()
@transaction.atomic
def webhook_save(form: WebhookForm, by: Actor) -> tuple[Webhook, str]:
    """Save a form that holds; with the secret that was made for a new one, to be shown once, else an empty text."""
    new = form.instance.pk is None
    before = {} if new else described(Webhook.objects.get(pk=form.instance.pk))
    row, entered = form.save(), form.cleaned_data.get("secret", "")
    secret = _keep(row, entered or new_secret()) if new else ""
    _note("webhook.create" if new else "webhook.edit", row, by, {"before": before, "after": described(row)})
    return row, "" if entered else secret


@sensitive_variables()
@transaction.atomic
def webhook_secret(form: SecretForm, by: Actor) -> Webhook:
    """Save a form that holds, for a chat; what was kept before is forgotten, since it may have become known."""
    row = form.save()
    _keep(row, form.cleaned_data["secret"])
    _note("webhook.rotate", row, by, {"host": described(row)["host"]})
    return row


@transaction.atomic
def webhook_switch(row: Webhook, enabled: bool, by: Actor) -> Webhook:
    """What waits while it is off is sent once it is on again."""
    if Webhook.objects.filter(pk=row.pk).exclude(enabled=enabled).update(enabled=enabled):
        _note("webhook.on" if enabled else "webhook.off", row, by, {})
    row.refresh_from_db()
    return row


@transaction.atomic
def webhook_rotate(row: Webhook, by: Actor) -> str:
    """A new secret to sign with, to be shown once; for a day the one before signs as well."""
    row = Webhook.objects.select_for_update().get(pk=row.pk)
    secret = _keep(row, new_secret(), before=secrets_of(row)[0])
    _note("webhook.rotate", row, by, {})
    return secret


@transaction.atomic
def webhook_test(row: Webhook, by: Actor) -> Delivery:
    """Queued like everything else: a worker sends it, under the same rules."""
    _note("webhook.test", row, by, {})
    return Delivery.objects.create(webhook=row, message=new_message())


@transaction.atomic
def delivery_again(delivery: Delivery, by: Actor) -> bool:
    """Send what arrived or failed once more, under its id; False where it waits to be sent anyhow."""
    rows = Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.WAITING)
    if not rows.update(state=Delivery.WAITING, attempts=0, next_at=timezone.now()):
        return False
    _note("webhook.redeliver", delivery.webhook, by, {"message": delivery.message})
    return True


def deliver(one: Happening) -> None:
    """A delivery for each webhook that wants it, in the caller's transaction."""
    rows = [row for row in Webhook.objects.filter(enabled=True) if one.kind in row.kinds]
    Delivery.objects.bulk_create([Delivery(webhook=row, happening=one, message=new_message()) for row in rows])


def described(row: Webhook) -> dict[str, Any]:
    """For the audit: of the address its host alone."""
    plain = {name: getattr(row, name) for name in ("name", "receiver", "room", "kinds", "enabled")}
    return {**plain, "host": urlsplit(row.url).hostname}


def new_message() -> str:
    return f"msg_{secrets.token_hex(12)}"


@sensitive_variables()
def secrets_of(row: Webhook) -> list[str]:
    """The present one, and the one before while it signs as well. Raises VaultError."""
    kept: dict[str, str] = json.loads(_vault().open(_sealed(row), _place(row)))
    lasting = row.before_until is not None and row.before_until > timezone.now()
    return [kept["now"], *([kept["before"]] if kept["before"] and lasting else [])]


def secrets_rotate() -> int:
    """Wrap every secret by the newest key of the vault's list; gives how many were moved."""
    keys, moved = _vault(), 0
    for pk in Webhook.objects.exclude(key_id=keys.newest).values_list("pk", flat=True):
        with transaction.atomic():
            row = Webhook.objects.select_for_update().get(pk=pk)
            _put(row, keys.rotate(_sealed(row), _place(row)))
        moved += 1
    return moved


@sensitive_variables()
def _keep(row: Webhook, secret: str, before: str = "") -> str:
    row.before_until = timezone.now() + OVERLAP if before else None
    row.save(update_fields=["before_until"])
    _put(row, _vault().seal(json.dumps({"now": secret, "before": before}).encode(), _place(row)))
    return secret


def _put(row: Webhook, sealed: Sealed) -> None:
    row.key_id, row.wrapped_key = sealed.key_id, sealed.wrapped_key
    row.nonce, row.ciphertext = sealed.nonce, sealed.ciphertext
    row.save(update_fields=["key_id", "wrapped_key", "nonce", "ciphertext"])


def _sealed(row: Webhook) -> Sealed:
    return Sealed(row.key_id, bytes(row.wrapped_key), bytes(row.nonce), bytes(row.ciphertext))


def _place(row: Webhook) -> str:
    return f"{Webhook._meta.db_table}/{row.pk}/secret"


def _vault() -> Vault:
    return open_vault(Path(settings.CREDENTIAL_KEYS))


def _note(action: str, row: Webhook, by: Actor, detail: dict[str, Any]) -> None:
    record(
        action,
        actor_id=by.id,
        actor_name=by.username,
        kind="webhook",
        object_id=row.pk,
        label=row.name,
        detail=detail,
    )
