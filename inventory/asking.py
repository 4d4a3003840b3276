"""Asking owners by mail whether a machine is still theirs, once a period.

The machines are claimed, and the asking is written, in a transaction that ends before the mail is sent: a worker that
is killed in between has sent nothing, and nobody sends that mail again in this period. Two mails are worse than none:
the page of unowned machines shows who was not heard of either way.
"""

from __future__ import annotations

import logging
from datetime import datetime
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from inventory.confirming import LINK_LASTS, link_token
from inventory.models import Asking, Host, Owner, Vm
from inventory.signals import unconfirmed
from inventory.unowned import due, hosts_of_their_own

log = logging.getLogger(__name__)

MOST_IN_MAIL = 25
MOST_MAILS = 50


def ask_owners(at: datetime | None = None) -> int:
    """One round: at most 50 mails, each about at most 25 machines. Returns how many were sent."""
    at = at or timezone.now()
    if not settings.MAIL_READY:
        return 0
    owners = _owners_due(at)
    if not owners:
        return 0
    connection = mail.get_connection()
    try:
        connection.open()  # before anything is claimed: a mail server that is away costs nobody their mail
    except OSError as error:
        log.warning("the mail server does not answer, so owners are asked later: %s", error)
        return 0
    sent = 0
    with connection:
        for owner in owners:
            try:
                sent += _ask(owner, at, connection)
            except OSError as error:  # the server is gone in the middle: the others are asked in a later round
                log.warning("the mail to %s was not sent: %s", owner.email, error)
                break
    return sent


def _owners_due(at: datetime) -> list[Owner]:
    ids = {
        pk
        for rows in (hosts_of_their_own(), Vm.objects.all())
        for pk in rows.filter(due(at)).exclude(owner__email="").values_list("owner_id", flat=True).distinct()
    }
    return list(Owner.objects.filter(pk__in=sorted(ids)[:MOST_MAILS]))


def _ask(owner: Owner, at: datetime, connection: Any) -> bool:
    """Claim what is due of an owner's, then send the mail; False where another worker was quicker, or the address is
    refused. Raises OSError: the mail server failed; those machines count as asked."""
    askings = _claim(owner, at)
    if not askings:
        return False
    rows = Asking.objects.filter(pk__in=[asking.pk for asking in askings])
    try:
        _mail(owner, askings, connection).send()
    except OSError as error:
        rows.update(error=str(error)[:500])
        if isinstance(error, SMTPRecipientsRefused):
            return False
        raise
    rows.update(sent_at=timezone.now())
    return True


@transaction.atomic
def _claim(owner: Owner, at: datetime) -> list[Asking]:
    """Compare and swap on each machine's `asked_at`, with an asking for each that was ours."""
    made: list[Asking] = []
    for rows in (Vm.objects.all(), hosts_of_their_own()):
        for row in rows.filter(due(at), owner=owner).order_by("waits_since", "pk")[: MOST_IN_MAIL - len(made)]:
            fresh: Any = type(row).objects.filter(due(at), pk=row.pk, owner=owner)
            if fresh.update(asked_at=at):
                place = {"vm": row} if isinstance(row, Vm) else {"host": row}
                made.append(Asking.objects.create(owner=owner, email=owner.email, asked_at=at, **place))
    if made:
        unconfirmed.send(Owner, owner=owner, count=len(made))
    return made


def _mail(owner: Owner, askings: list[Asking], connection: Any) -> mail.EmailMessage:
    lines = [
        {"machine": asking.machine, "url": f"{settings.OWN_URL}{reverse('confirm', args=[link_token(asking)])}"}
        for asking in askings
    ]
    count = len(lines)
    what = lines[0]["machine"] if count == 1 else f"{count} machines"
    body = render_to_string("inventory/ask_owner.txt", {"owner": owner, "lines": lines, "days": LINK_LASTS.days})
    return mail.EmailMessage(
        f"Still yours? {what}", body, settings.DEFAULT_FROM_EMAIL, [owner.email], connection=connection
    )


def last_asking(row: Vm | Host) -> Asking | None:
    return row.askings.select_related("owner").first()
