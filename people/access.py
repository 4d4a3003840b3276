"""Who may open a view, and by which methods: said beside the view, and readable from outside.

`view.policy` is what a house test reads to prove that every address declares one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from people.actor import Actor
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from people.stepping import step_up

View = TypeVar("View", bound=Callable[..., Any])


class Request(HttpRequest):
    """What a view behind `requires` or `signed_in` gets."""

    actor: Actor
    user: User
    htmx: HtmxDetails


Fresh = Callable[[HttpRequest, Mapping[str, Any]], bool]
"""Whether a request, with the words of its address, wants a fresh second factor (people.stepping)."""


def always(_request: HttpRequest, _words: Mapping[str, Any]) -> bool:
    """Even looking at the form: what is typed into it is not to be carried through another page."""
    return True


def when_posted(request: HttpRequest, _words: Mapping[str, Any]) -> bool:
    return request.method == "POST"


def for_actions(*actions: str) -> Fresh:
    """Those of one address that takes the word `action`."""

    def wanted(_request: HttpRequest, words: Mapping[str, Any]) -> bool:
        return words.get("action") in actions

    return wanted


@dataclass(frozen=True, slots=True)
class Policy:
    """Methods, and roles of which one is enough; no role: anybody signed in, or anybody at all.

    fresh  what wants a fresh second factor; None: nothing
    whole  only for those who see every machine: what is shown cannot be parted by owner
    """

    methods: tuple[str, ...]
    roles: tuple[Role, ...] = ()
    anonymous: bool = False
    fresh: Fresh | None = None
    whole: bool = False

    def refusal(self, actor: Actor) -> str:
        """Why this actor may not, as a sentence; empty if they may."""
        if not actor.active or (self.roles and not actor.may(*self.roles)):
            needed = " or ".join(self.roles)
            have = ", ".join(sorted(actor.roles)) or "none"
            return f"This needs the role {needed}. Your roles: {have}. An administrator can change that."
        return WHOLE if self.whole and not actor.sees_all else ""


WHOLE = (
    "This shows all machines, and a requester sees their own. An administrator can give you the role viewer as well."
)


def requires(
    *roles: Role, methods: str = "GET", fresh: Fresh | None = None, whole: bool = False
) -> Callable[[View], View]:
    """One of the roles is needed. `methods` in words, `GET POST`; GET brings HEAD. `whole` as in Policy."""
    if not roles:
        raise ValueError("Name a role, or use signed_in.")
    return _guard(Policy(_methods(methods), roles, fresh=fresh, whole=whole))


def signed_in(methods: str = "GET", fresh: Fresh | None = None) -> Callable[[View], View]:
    """Anybody with an account, roles or none."""
    return _guard(Policy(_methods(methods), fresh=fresh))


def anyone(methods: str = "GET") -> Callable[[View], View]:
    """No account needed: the sign-in page, the health check."""
    return _guard(Policy(_methods(methods), anonymous=True))


def _methods(words: str) -> tuple[str, ...]:
    named = tuple(words.split())
    return (*named, "HEAD") if "GET" in named else named


def _guard(policy: Policy) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def guarded_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                stop = await sync_to_async(_stop)(request, policy, kwargs)
                return stop or await view(request, *args, **kwargs)

            return cast(View, _marked(guarded_async, policy))

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return _stop(request, policy, kwargs) or view(request, *args, **kwargs)

        return cast(View, _marked(guarded, policy))

    return decorate


def _marked(view: Any, policy: Policy) -> Any:
    view.policy = policy
    view.login_required = not policy.anonymous  # for Django's LoginRequiredMiddleware
    return view


def _stop(request: HttpRequest, policy: Policy, words: Mapping[str, Any]) -> HttpResponseBase | None:
    """The answer that ends it here, else None with `request.actor` set for a signed-in person."""
    if request.method not in policy.methods:
        return HttpResponseNotAllowed(policy.methods)
    if isinstance(request.user, AnonymousUser):
        return None if policy.anonymous else redirect_to_login(request.get_full_path())
    actor = actor_of(request.user)
    request.actor = actor  # type: ignore[attr-defined]  # see Request
    sentence = "" if policy.anonymous else policy.refusal(actor)
    if sentence:
        return render(request, "403.html", {"exception": sentence}, status=403)
    wants = policy.fresh is not None and policy.fresh(request, words)
    return step_up(request, request.user, actor) if wants else None
