"""My sessions; and, for administrators, ending somebody's, and switching accounts off and on."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from people.access import Request, requires, signed_in, when_posted
from people.models import User
from people.roles import Role
from people.services import user_disable, user_enable
from people.sessions import session_end, sessions_end, sessions_of


@signed_in()
def sessions(request: Request) -> HttpResponse:
    rows = sessions_of(request.user, request.session.session_key or "")
    return render(request, "people/sessions.html", {"rows": rows})


@signed_in("POST")
def session_stop(request: Request) -> HttpResponse:
    """The one named, or all but this one."""
    handle, here = request.POST.get("handle", ""), request.session.session_key
    if handle:
        ended = int(session_end(request.user, handle, by=request.actor))
    else:
        ended = sessions_end(request.user, by=request.actor, keep=here)
    messages.info(request, _told(ended))
    return redirect("sessions")


@requires(Role.ADMINISTRATOR, methods="POST")
def person_sessions_end(request: Request, username: str) -> HttpResponse:
    user = get_object_or_404(User, username=username)
    messages.info(request, _told(sessions_end(user, by=request.actor)))
    return redirect("person", user.username)


@requires(Role.ADMINISTRATOR, methods="POST", fresh=when_posted)
def person_switch(request: Request, username: str) -> HttpResponse:
    """Switch an account off, with its sessions and tokens, or on again."""
    user = get_object_or_404(User, username=username)
    try:
        if request.POST.get("active") == "1":
            user_enable(user, by=request.actor)
            messages.success(request, f"{user.display} can sign in again. Tokens stay revoked.")
        else:
            user_disable(user, by=request.actor)
            messages.success(request, f"{user.display} is signed out everywhere. No token of theirs counts any more.")
    except ValidationError as error:
        raise PermissionDenied(error.messages[0]) from error
    return redirect("person", user.username)


def _told(ended: int) -> str:
    return f"{ended} session{'' if ended == 1 else 's'} ended." if ended else "There was no such session any more."
