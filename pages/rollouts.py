"""The pages of rollouts: the list, asking for one, and one with its waves, each host's own plan in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from changes.forms import reason_field, ticket_field
from changes.models import Change, Rollout, RolloutPart
from changes.policy import Action, may, may_request
from changes.rights import rollouts_seen_by
from changes.rollout_states import RolloutState
from changes.rollouts import (
    Wanted,
    digest_of,
    parts_of,
    parts_seen_by,
    rollout_approve,
    rollout_create,
    rollout_drop,
    rollout_reject,
    rollout_submit,
    rollout_withdraw,
    sentence_for,
)
from changes.services import Denied, LockHeld, Moved
from changes.states import IllegalMove, State
from execution.rollouts import rollout_close, rollout_start
from pages.step_rows import Row, step_rows
from people.access import Request, for_actions, requires
from people.actor import Actor
from people.models import User
from people.roles import Role

PAGE = 50
MOST_SHOWN = 100
"""Changes to choose from in the form, and plans shown whole on the page."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A part with its plan as rows; empty where it has none, or where there are too many to show them all."""

    part: RolloutPart
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Wave:
    number: int
    plans: list[Plan]


class RolloutForm(forms.Form):
    """Which of one's own changes go together, and how fast."""

    title = forms.CharField(max_length=200, label="Title", help_text="What is rolled out, in a line.")
    changes = forms.TypedMultipleChoiceField(
        coerce=int,
        label="Changes",
        widget=forms.CheckboxSelectMultiple,
        help_text="Your own, not submitted yet; one for each host. The first of them is done alone, before all others.",
        error_messages={"required": "Choose two changes or more."},
    )
    wave_size = forms.IntegerField(
        min_value=1,
        max_value=50,
        initial=3,
        label="Hosts at a time",
        help_text="From the second wave on. Hosts of one pair are never in the same wave.",
    )
    reason = reason_field()
    ticket = ticket_field()

    def __init__(self, *args: object, choose: list[Change], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what a form takes
        self.choose = {change.pk: change for change in choose}
        words = [(pk, f"#{pk} {change.title} ({change.label.word})") for pk, change in self.choose.items()]
        self.fields["changes"].choices = words  # type: ignore[attr-defined]  # the stubs say Field

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        changes = [self.choose[number] for number in sorted(data["changes"])]
        return Wanted(data["title"], data["reason"], changes, data["wave_size"], data["ticket"])


@requires(Role.VIEWER)
def rollout_list(request: Request) -> HttpResponse:
    """Rollouts, newest first."""
    before = request.GET.get("before", "")
    rows = rollouts_seen_by(request.actor).select_related("requester")
    if before.isdecimal():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: PAGE + 1])
    older = f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else None
    context = {"rollouts": found[:PAGE], "older": older, "may_ask": may_request(request.actor).allowed}
    return render(request, "rollouts/list.html", context)


@requires(Role.REQUESTER, methods="GET POST")
def rollout_new(request: Request) -> HttpResponse:
    """The form; `?changes=4&changes=5` begins with those."""
    form = RolloutForm(
        request.POST or None,
        choose=_own(request.user),
        initial={"changes": request.GET.getlist("changes"), "wave_size": 3},
    )
    if form.is_valid():
        try:
            return redirect("rollout", rollout_create(request.user, form.wanted()).pk)
        except Denied as no:
            form.add_error("changes", str(no))
    status = 422 if form.is_bound else 200
    context = {"form": form, "none": len(form.choose) < 2 and not form.is_bound}
    return render(request, "rollouts/form.html", context, status=status)


def _own(user: User) -> list[Change]:
    """What this person may put into a rollout."""
    fit = (State.DRAFT, State.PLANNED, State.REFUSED)
    rows = Change.objects.filter(requester=user, status__in=fit, part__isnull=True).select_related("host")
    return list(rows.defer("plan_json", "facts")[:MOST_SHOWN])


def rollout_or_404(request: Request, number: int) -> Rollout:
    """Raises Http404 with a sentence, also where this person does not see it."""
    found = rollouts_seen_by(request.actor).select_related("requester", "started_by").filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no rollout #{number}.")
    return found


@requires(Role.VIEWER)
def rollout_page(request: Request, number: int) -> HttpResponse:
    """The whole page; its partial alone when htmx refreshes it."""
    rollout = rollout_or_404(request, number)
    parts = parts_of(rollout)
    shown = parts_seen_by(request.actor, parts)
    done = sum(part.change.state is State.SUCCEEDED for part in shown)
    context = {
        "rollout": rollout,
        "waves": _waves(rollout, shown),
        "sentence": sentence_for(rollout, shown, parts),
        "done": done,
        "total": len(shown),
        "moving": rollout.state is RolloutState.RUNNING or any(part.change.planning for part in parts),
        "can": _buttons(rollout, parts, request),
        "moved": bool(rollout.digest)
        and rollout.state is RolloutState.IN_REVIEW
        and digest_of(parts) != rollout.digest,
    }
    template = "rollouts/_rollout.html" if request.htmx else "rollouts/rollout.html"
    return render(request, template, context)


def _waves(rollout: Rollout, parts: list[RolloutPart]) -> list[Wave]:
    reading = rollout.state in (RolloutState.DRAFT, RolloutState.IN_REVIEW, RolloutState.APPROVED)
    found = []
    for number, group in groupby(parts, key=lambda part: part.wave):
        plans = [Plan(part, _rows(part) if reading and len(parts) <= MOST_SHOWN else []) for part in group]
        found.append(Wave(number, plans))
    return found


def _rows(part: RolloutPart) -> list[Row]:
    plan = part.change.plan
    return step_rows(plan, None) if plan else []


def _buttons(rollout: Rollout, parts: list[RolloutPart], request: Request) -> set[str]:
    """What this person may do now, as far as it can be told without trying."""
    state, actor = rollout.state, request.actor
    mine = actor.id == rollout.requester_id and actor.may(Role.REQUESTER)
    operator, planned = actor.may(Role.OPERATOR), all(part.change.state is State.PLANNED for part in parts)
    approved = all(part.change.state is State.APPROVED for part in parts) and actor.may(Role.APPROVER)
    held = (RolloutState.DRAFT, RolloutState.IN_REVIEW, RolloutState.APPROVED)
    words = {
        "submit": mine and state is RolloutState.DRAFT and planned,
        "drop": mine and state is RolloutState.DRAFT and len(parts) > 2,
        "withdraw": (mine or actor.may(Role.ADMINISTRATOR)) and state in held,
        "decide": state is RolloutState.IN_REVIEW and (_has_a_say(parts, actor) or not mine and approved),
        "start": operator and state in (RolloutState.APPROVED, RolloutState.STOPPED),
        "close": operator and state is RolloutState.STOPPED,
    }
    return {word for word, holds in words.items() if holds}


def _has_a_say(parts: list[RolloutPart], actor: Actor) -> bool:
    reviewed = (part.change for part in parts if part.change.state is State.IN_REVIEW)
    return any(may(Action.APPROVE, actor, change.case(change.voters())).allowed for change in reviewed)


Act = Callable[[User, Rollout, QueryDict], object]


def _drop(actor: User, rollout: Rollout, form: QueryDict) -> None:
    number = form.get("change", "")
    rollout_drop(actor, rollout, int(number) if number.isdecimal() and len(number) < 19 else 0)


ACTS: dict[str, tuple[Act, str]] = {
    "submit": (lambda who, it, form: rollout_submit(who, it), "Submitted for approval."),
    "approve": (
        lambda who, it, form: rollout_approve(who, it, form.get("digest", ""), form.get("comment", "")),
        "Approved, every plan of it.",
    ),
    "reject": (lambda who, it, form: rollout_reject(who, it, form.get("comment", "")), "Rejected."),
    "withdraw": (lambda who, it, form: rollout_withdraw(who, it), "Withdrawn."),
    "drop": (_drop, "Taken out; it stands as a change of its own."),
    "start": (lambda who, it, form: rollout_start(who, it), "Started."),
    "close": (lambda who, it, form: rollout_close(who, it, form.get("reason", "")), "Closed."),
}


@requires(Role.VIEWER, methods="POST", fresh=for_actions("approve", "start"))
def rollout_act(request: Request, number: int, action: str) -> HttpResponse:
    """Take the action as the person who is signed in; the services ask the policy for each change."""
    rollout = rollout_or_404(request, number)
    if action not in ACTS:
        raise Http404(f"There is no action {action!r} on a rollout.")
    act, done = ACTS[action]
    before = rollout.status
    try:
        act(request.user, rollout, request.POST)
    except Denied as no:
        if not _may_at_all(request, rollout, action):
            raise PermissionDenied(str(no)) from no
        messages.error(request, str(no))
    except (Moved, IllegalMove, LockHeld) as moved:
        messages.warning(request, str(moved))
    else:
        rollout.refresh_from_db()
        if action == "start" and rollout.state is RolloutState.STOPPED and before != rollout.status:
            messages.error(request, rollout.sentence)
        else:
            messages.success(request, done)
    return redirect("rollout", rollout.pk)


ROLES = {
    **dict.fromkeys(("submit", "withdraw", "drop"), (Role.REQUESTER, Role.ADMINISTRATOR)),
    **dict.fromkeys(("approve", "reject"), (Role.APPROVER,)),
    **dict.fromkeys(("start", "close"), (Role.OPERATOR,)),
}
"""Who may ever take an action; whoever is not among them gets no page that invites to try again."""


def _may_at_all(request: Request, rollout: Rollout, action: str) -> bool:
    """An owner may have a say in this rollout without being an approver of all."""
    by_role = request.actor.may(*ROLES[action])
    return by_role or (action in ("approve", "reject") and _has_a_say(parts_of(rollout), request.actor))
