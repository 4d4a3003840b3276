"""Guessing passwords costs time: one count for a name from an address, whether there is such an account or not.

A try is counted before the password is looked at, so that guessing in parallel gains nothing. The wait is short and
ends by itself: whoever shares an address with a stranger, such as a proxy's, is kept out for minutes at most.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from people.models import PasswordTries, User
from people.signals import say

FREE_TRIES = 5
"""After the fifth wrong password in a row nothing is read for a minute, after each further one twice as long."""
LONGEST_WAIT = 5
FORGOTTEN = timedelta(hours=1)
"""After the last wrong one."""


def try_begins(username: str, address: str) -> str:
    """Count a try, as if it were wrong; or give the sentence why the password is not looked at."""
    now = timezone.now()
    PasswordTries.objects.filter(last__lt=now - FORGOTTEN).delete()
    with transaction.atomic():
        return _counted(username, address, now)


def _counted(username: str, address: str, now: datetime) -> str:
    row, _ = PasswordTries.objects.select_for_update().get_or_create(who=_who(username, address))
    if row.locked_until and row.locked_until > now:
        minutes = int((row.locked_until - now).total_seconds() // 60) + 1
        words = "a minute" if minutes == 1 else f"{minutes} minutes"
        return f"Too many wrong passwords for this name from your address. Wait {words}, then sign in again."
    row.failures, row.last, row.locked_until = row.failures + 1, now, _until(row.failures + 1, now)
    row.save()
    return ""


def try_was_right(username: str, address: str) -> None:
    """The count begins anew."""
    PasswordTries.objects.filter(who=_who(username, address)).delete()


@transaction.atomic
def try_was_wrong(username: str, address: str) -> None:
    """Tells the audit where the next one has to wait; the try was counted when it began."""
    row = PasswordTries.objects.filter(who=_who(username, address), locked_until__isnull=False).first()
    user = User.objects.filter(username=username).first() if row else None
    if row and user:
        say(None, "session.wait", user, {"failures": row.failures})


def _until(failures: int, now: datetime) -> datetime | None:
    if failures < FREE_TRIES:
        return None
    return now + timedelta(minutes=min(2 ** min(failures - FREE_TRIES, 6), LONGEST_WAIT))


def _who(username: str, address: str) -> str:
    """Not the name itself: people type passwords into the wrong field."""
    return salted_hmac("people.tries", f"{username.casefold()}\n{_place(address)}", algorithm="sha256").hexdigest()


def _place(address: str) -> str:
    """The address, or of IPv6 the network: who has one address there has all of it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ip) if ip.version == 4 else str(ipaddress.IPv6Network((ip.packed, 64), strict=False))
