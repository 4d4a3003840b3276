"""Who is signed in where: listed, ended one by one or all at once."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from people.actor import Actor
from people.models import Session, User
from people.session_store import ABOUT
from people.signals import say

LATELY = timedelta(minutes=5)
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari", "curl")
"""In the order in which they are looked for: most of them name others too."""
NAMES = {"Edg": "Edge", "OPR": "Opera"}
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session. `handle` names it on a page; the session's own key is never shown."""

    handle: str
    since: datetime | None
    ip: str | None
    browser: str
    here: bool


def note_sign_in(*, request: HttpRequest | None, user: User, **_: Any) -> None:
    """For the signal of signing in: what the list of sessions will say, and when this one ends.

    The end is a moment: by an age, Django would move it with each write, and a session in use would never end.
    """
    if request is not None:
        agent = request.META.get("HTTP_USER_AGENT", "")
        request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        request.session[ABOUT] = {
            "since": timezone.now().isoformat(),
            "ip": _address(request.META.get("REMOTE_ADDR", "")),
            "browser": browser_of(agent),
        }


def signed_in_lately(request: HttpRequest) -> bool:
    """Whether this session is not older than five minutes."""
    since = (request.session.get(ABOUT) or {}).get("since")
    return since is not None and timezone.now() - datetime.fromisoformat(since) < LATELY


def browser_of(agent: str) -> str:
    """`Firefox 131 on Linux`, from what a browser says of itself; empty where it says nothing known."""
    found = next((name for name in BROWSERS if f"{name}/" in agent), "")
    version = re.search(rf"{found}/(\d{{1,4}})", agent) if found else None
    system = next((name for name in SYSTEMS if name in agent), "")
    words = [NAMES.get(found, found), version[1] if version else "", f"on {system}" if system else ""]
    return " ".join(filter(None, words))


def sessions_of(user: User, here: str = "") -> list[SignedIn]:
    """Those that have not expired, newest first; `here` is the key of the one that asks."""
    rows = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-since")
    return [SignedIn(_handle(row.session_key), row.since, row.ip, row.browser, row.session_key == here) for row in rows]


@transaction.atomic
def session_end(user: User, handle: str, *, by: Actor) -> bool:
    """Whether there was such a session of this person."""
    keys = [key for key in _keys(user) if _handle(key) == handle]
    return bool(_end(user, keys, by))


@transaction.atomic
def sessions_end(user: User, *, by: Actor, keep: str | None = None) -> int:
    """End all, or all but one; how many were ended."""
    return _end(user, [key for key in _keys(user) if key != keep], by)


def _end(user: User, keys: list[str], by: Actor) -> int:
    count, _ = Session.objects.filter(user=user, session_key__in=keys).delete()
    if count:
        say(by, "session.end", user, {"count": count})
    return count


def _keys(user: User) -> list[str]:
    return list(Session.objects.filter(user=user).values_list("session_key", flat=True))


def _handle(key: str) -> str:
    return hashlib.sha256(f"handle:{key}".encode()).hexdigest()[:20]


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
