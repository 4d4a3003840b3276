"""What the buttons of the change page do: each posts here, a service decides, and the page comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.http import HttpResponse, QueryDict
from django.utils.dateparse import parse_datetime

from changes import services as changes
from changes.acting import try_act
from changes.models import Change
from changes.policy import Action
from execution import services as execution
from execution.doorbell import ring_plan
from execution.settling import run_settle
from pages.change_page import change_or_404
from people.access import Request, for_actions, requires
from people.models import User
from people.roles import Role

Act = Callable[[User, Change, QueryDict], object]


def _replan(actor: User, change: Change, form: QueryDict) -> None:
    ring_plan(changes.change_replan(actor, change))


def _moment(text: str) -> datetime | None:
    """What a button of the page carries; None for anything else."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


ACTS: dict[Action, tuple[Act, str]] = {
    Action.SUBMIT: (lambda who, it, form: changes.change_submit(who, it), "Submitted for approval."),
    Action.APPROVE: (
        lambda who, it, form: changes.change_approve(who, it, form.get("digest", ""), form.get("comment", "")),
        "Approved.",
    ),
    Action.REJECT: (lambda who, it, form: changes.change_reject(who, it, form.get("comment", "")), "Rejected."),
    Action.WITHDRAW: (lambda who, it, form: changes.change_withdraw(who, it, form.get("reason", "")), "Withdrawn."),
    Action.REPLAN: (_replan, ""),
    Action.RUN: (lambda who, it, form: execution.run_request(who, it), "Queued to run."),
    Action.CANCEL: (lambda who, it, form: execution.run_cancel(who, it), ""),
    Action.CONFIRM: (lambda who, it, form: execution.run_confirm(who, it), "Confirmed; the host is asked."),
    Action.RESUME: (lambda who, it, form: execution.run_resume(who, it), "Resumed."),
    Action.CONTINUE: (
        lambda who, it, form: execution.run_continue(who, it, form.get("reason", "")),
        "Closed; the rest is being planned anew.",
    ),
    Action.LOOK: (lambda who, it, form: execution.run_look(who, it), ""),
    Action.PROBE: (lambda who, it, form: execution.run_probe(who, it), "The host is asked again."),
    Action.SETTLE: (
        lambda who, it, form: run_settle(
            who, it, form.get("said", ""), form.get("reason", ""), _moment(form.get("read", ""))
        ),
        "Settled; nothing was sent.",
    ),
    Action.UNDO: (lambda who, it, form: execution.run_undo(who, it), "The undo begins."),
    Action.CLOSE: (lambda who, it, form: execution.run_close(who, it, form.get("reason", "")), "Closed."),
}
"""Every action of the policy but editing, which has a form of its own; and what is said when it is done."""


FRESH = for_actions(Action.APPROVE, Action.RUN, Action.CONFIRM, Action.RESUME, Action.PROBE, Action.UNDO)
"""What lets commands reach a host wants a fresh second factor; what stops them never waits for one."""


@requires(Role.VIEWER, methods="POST", fresh=FRESH)
def change_act(request: Request, number: int, action: str) -> HttpResponse:
    """Take the action as the person who is signed in; the policy is asked by the service."""
    act, done = ACTS[Action(action)]
    change = change_or_404(request, number)
    return try_act(request, change, lambda: act(request.user, change, request.POST), done)
