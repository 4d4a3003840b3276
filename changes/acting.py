"""How a page takes an action: do it, and go back to the change with a sentence, whatever came of it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import redirect

from changes.models import Change
from changes.policy import Action, Decision, may
from changes.services import Denied, LockHeld, Moved
from changes.states import IllegalMove
from people.access import Request


class ActFailed(Exception):
    """Something outside of Regroup did not work; the message is the sentence. Nothing was moved."""


def allow(decision: Decision) -> None:
    """Raises PermissionDenied with the decision's reason."""
    if not decision.allowed:
        raise PermissionDenied(decision.reason)


def try_act(request: Request, change: Change, act: Callable[[], object], done: str) -> HttpResponseRedirect:
    """Call `act` and go to the change's page, saying `done`, or the sentence that `act` returns.

    Raises PermissionDenied for a person who may not.
    Where only what was sent was wrong, or somebody else was quicker, the page says so instead.
    """
    try:
        said = act()
    except Denied as no:
        if not _may_still(request, no):
            raise PermissionDenied(str(no)) from no
        messages.error(request, str(no))
    except ActFailed as failed:
        messages.error(request, str(failed))
    except (Moved, IllegalMove, LockHeld) as moved:
        messages.warning(request, str(moved))
    except ObjectDoesNotExist:
        messages.error(request, "This change was never run, so there is nothing to act on.")
    else:
        if said and isinstance(said, str):
            messages.warning(request, said)
        elif done:
            messages.success(request, done)
    return redirect("change", change.pk)


def _may_still(request: Request, no: Denied) -> bool:
    """Whether the policy allows it, so that something else was wrong: a comment is missing, say."""
    return no.change is not None and may(Action(no.action), request.actor, no.change.case()).allowed
