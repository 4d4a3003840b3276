"""What the forms of broken glass do: ask, grant, refuse, review; then the change's page comes back."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect

from changes.glass import may_review, may_stand_in
from changes.glasses import asked_of, glass_ask, glass_decide, glass_review, owing_of
from changes.going import going_by
from changes.models import Change
from changes.policy import Action, may
from changes.services import Denied, Moved
from changes.states import IllegalMove
from changes.timing import Lift
from pages.change_page import change_or_404
from people.access import Request, for_actions, requires
from people.models import User
from people.roles import Role

Act = Callable[[User, Change, QueryDict], object]


def _ask(who: User, change: Change, form: QueryDict) -> None:
    glass_ask(who, change, [Lift(word) for word in form.getlist("lifts") if word in set(Lift)], form.get("reason", ""))


def _decide(who: User, change: Change, form: QueryDict, grant: bool) -> None:
    glass_decide(who, asked_of(change), form.get("digest", ""), form.get("comment", ""), grant=grant)


ACTS: dict[str, tuple[Act, str]] = {
    "ask": (_ask, "A second person is asked."),
    "grant": (lambda who, it, form: _decide(who, it, form, True), "The glass is broken, for four hours."),
    "refuse": (lambda who, it, form: _decide(who, it, form, False), "Refused."),
    "review": (lambda who, it, form: glass_review(who, owing_of(it), form.get("review", "")), "Reviewed."),
}


@requires(Role.VIEWER, methods="POST", fresh=for_actions("ask", "grant"))
def glass_act(request: Request, number: int, action: str) -> HttpResponse:
    """Take the action as the person who is signed in; the services say who may."""
    if action not in ACTS:
        raise Http404(f"There is no action {action!r} on a glass.")
    change, (act, done) = change_or_404(request, number), ACTS[action]
    try:
        act(request.user, change, request.POST)
    except Denied as no:
        if not _may_at_all(request, change, action):
            raise PermissionDenied(str(no)) from no
        messages.error(request, str(no))
    except (Moved, IllegalMove) as moved:
        messages.warning(request, str(moved))
    else:
        messages.success(request, done)
    return redirect("change", change.pk)


def _may_at_all(request: Request, change: Change, action: str) -> bool:
    """Whether only what was sent was wrong, so that the page may invite to try again."""
    if action == "ask":
        return may(Action.GLASS, request.actor, change.case()).allowed
    if action == "review":
        return may_review(request.actor, owing_of(change).parties).allowed
    asked = asked_of(change)
    superuser = request.user.is_superuser
    return may_stand_in(request.actor, change.case(), asked.asked_by_id, superuser, going_by(change)).allowed
