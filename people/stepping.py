"""Step-up: what decides or acts wants a second factor that was fresh a few minutes ago.

A person without a factor is let through, unless a role of theirs has to have one (`REGROUP_SECOND_FACTOR_ROLES`).
The page that asks carries what was sent and sends it again with the code, so that nothing typed is lost.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from people.actor import Actor
from people.factors import FactorRefused, enrolled, factor_check
from people.models import User
from people.security_keys import key_check, key_options
from people.signals import say

FIELD, KEY_FIELD = "factor_code", "factor_key"
_AT = "factor_at"
_SECRET = ("password", "passphrase", "private_key", "secret")
"""In the names of fields."""


def mark_fresh(request: HttpRequest) -> None:
    request.session[_AT] = time.time()


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session has shown a factor within the minutes that the settings allow."""
    age = time.time() - float(request.session.get(_AT, 0))
    return 0 <= age < settings.STEP_UP_MINUTES * 60


def must_have(actor: Actor) -> bool:
    """Whether a role of this person wants a second factor."""
    return not actor.roles.isdisjoint(settings.SECOND_FACTOR_ROLES)


def step_up(request: HttpRequest, user: User, actor: Actor) -> HttpResponse | None:
    """None once the factor is fresh, or where none is needed; else the page that asks for it."""
    if not enrolled(user):
        return render(request, "people/step_up_none.html", status=403) if must_have(actor) else None
    if is_fresh(request):
        return None
    sentence = ""
    if request.method == "POST" and FIELD in request.POST:
        sentence = try_code(request, user, actor)
        if not sentence:
            return None
    return _ask(request, user, sentence)


def try_code(request: HttpRequest, user: User, actor: Actor) -> str:
    """Why the code sent does not count; empty if it does, and the session is fresh."""
    try:
        kind = factor_taken(request, user)
    except FactorRefused as refused:
        return str(refused)
    mark_fresh(request)
    say(actor, "session.step_up", user, {"by": kind})
    return ""


def factor_taken(request: HttpRequest, user: User) -> str:
    """Take what was posted, the answer of a key or else a code; gives which it was. Raises FactorRefused."""
    if answer := request.POST.get(KEY_FIELD, ""):
        return key_check(request, user, answer)
    return factor_check(user, request.POST.get(FIELD, ""))


def _ask(request: HttpRequest, user: User, sentence: str) -> HttpResponse:
    again = request.method == "POST"
    context = {
        "sentence": sentence,
        "key": key_options(request, user),
        "again": again,
        "address": request.get_full_path(),
        "kept": _kept(request) if again else [],
        "back": _back(request),
        "minutes": settings.STEP_UP_MINUTES,
    }
    response = render(request, "people/step_up.html", context, status=403)
    response["Cache-Control"] = "no-store"
    return response


def _kept(request: HttpRequest) -> list[tuple[str, Any]]:
    """What was sent, to be sent again; a secret is never written into a page: it is asked for anew."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in (FIELD, KEY_FIELD, "csrfmiddlewaretoken") and not any(word in name for word in _SECRET)
        for value in values
    ]


def _back(request: HttpRequest) -> str:
    came = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(came, {request.get_host()}, require_https=request.is_secure())
    return came if ours else "/"
