"""Sends notices by mail, at once or as a daily digest.

A notice is claimed in a transaction that ends before its mail is sent: a worker that is killed in between has sent
nothing, and nobody sends it again. Two mails are worse than none: Home shows what waits for somebody either way.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from notices.kinds import How, one_line
from notices.models import Digest, Happening, Notice
from notices.readers import can_act
from people.models import User
from people.selectors import actor_of

log = logging.getLogger(__name__)

MOST_MAILS = 50
MOST_IN_DIGEST = 50
MOVED_ON = "Nothing was left to do for this person when the mail was to be sent."


def send_mails(now: datetime | None = None) -> int:
    """One round: at most 50 mails. Returns how many were sent."""
    now = now or timezone.now()
    if not settings.MAIL_READY:
        return 0
    ready = list(Notice.objects.filter(how=How.NOW, claimed_at=None).select_related(*ABOUT)[:MOST_MAILS])
    digests = _digests_due(now)[: MOST_MAILS - len(ready)]
    if not ready and not digests:
        return 0
    connection = mail.get_connection()
    try:
        connection.open()  # before anything is claimed: a mail server that is away costs nobody their mail
    except OSError as error:
        log.warning("the mail server does not answer, so notices are sent later: %s", error)
        return 0
    with connection:
        return _send_each(ready, digests, now, connection)


ABOUT = ("happening__change", "happening__host", "happening__owner", "user")


def _send_each(ready: list[Notice], digests: list[User], now: datetime, connection: Any) -> int:
    sent = 0
    try:
        for notice in ready:
            if Notice.objects.filter(pk=notice.pk, claimed_at=None).update(claimed_at=now):
                sent += _send(notice.user, [notice], connection)
        for user in digests:
            sent += _send(user, _claim_digest(user, now), connection, digest=True)
    except OSError as error:  # the server is gone in the middle: the others are told in a later round
        log.warning("a notice was not sent: %s", error)
    return sent


def _digests_due(now: datetime) -> list[User]:
    local = timezone.localtime(now)
    if local.hour < settings.DIGEST_HOUR:
        return []
    had = Digest.objects.filter(day=local.date()).values("user")
    waiting = Notice.objects.filter(how=How.DAILY, claimed_at=None).exclude(user__in=had).values("user")
    return list(User.objects.filter(pk__in=waiting).order_by("pk")[:MOST_MAILS])


@transaction.atomic
def _claim_digest(user: User, now: datetime) -> list[Notice]:
    """The day is theirs who writes its row; the others get nothing to send."""
    _, ours = Digest.objects.get_or_create(user=user, day=timezone.localdate(now))
    if not ours:
        return []
    rows = list(Notice.objects.filter(user=user, how=How.DAILY, claimed_at=None).select_related(*ABOUT))
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(claimed_at=now)
    return rows


def _send(user: User, notices: Sequence[Notice], connection: Any, *, digest: bool = False) -> bool:
    """One mail about what somebody can still do something about; False where nothing is left, or they are refused.

    Raises OSError: the mail server failed; these notices count as told.
    """
    user.refresh_from_db()
    actor = actor_of(user)
    left = [notice for notice in notices if user.email and can_act(notice.happening, actor)]
    rows = Notice.objects.filter(pk__in=[notice.pk for notice in left])
    Notice.objects.filter(pk__in={notice.pk for notice in notices} - {notice.pk for notice in left}).update(
        outcome=MOVED_ON
    )
    if not left:
        return False
    try:
        mail_of(user, [notice.happening for notice in left], connection, digest=digest).send()
    except (OSError, ValueError) as error:  # ValueError: an address that Django takes for a forged header
        rows.update(outcome=one_line(str(error), 300))
        if isinstance(error, SMTPRecipientsRefused | SMTPSenderRefused | ValueError):
            return False
        raise
    rows.update(sent_at=timezone.now())
    return True


def mail_of(
    user: User, happenings: Sequence[Happening], connection: Any = None, *, digest: bool = False
) -> mail.EmailMessage:
    """The mail: of one thing its sentence is the subject, of a digest their number."""
    count = len(happenings)
    things = "one thing" if count == 1 else f"{count} things"
    subject = f"Regroup: {things} of today" if digest else one_line(f"Regroup: {happenings[0].what}")
    context = {
        "user": user,
        "happenings": happenings[:MOST_IN_DIGEST],
        "more": max(0, count - MOST_IN_DIGEST),
        "digest": digest,
        "choices": f"{settings.OWN_URL}{reverse('notice_choices')}",
        "home": settings.OWN_URL,
    }
    body = render_to_string("notices/mail.txt", context)
    headers = {"Auto-Submitted": "auto-generated"}
    return mail.EmailMessage(
        subject, body, settings.DEFAULT_FROM_EMAIL, [user.email], headers=headers, connection=connection
    )
