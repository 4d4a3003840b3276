"""Changes over the API: the same services, policies and sentences as the pages."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from api.auth import user_of
from api.paging import Limit
from api.problems import REFUSALS, FieldErrors
from changes.models import Change
from changes.policy import STATES, Action
from changes.services import (
    change_approve,
    change_reject,
    change_replan,
    change_submit,
    change_withdraw,
)
from changes.states import State
from execution import services as runs
from execution.doorbell import ring_plan
from execution.gate import conditions
from execution.logs import PAGE, as_json, lines_after
from execution.models import Look, Run

router = Router(tags=["changes"])
PLAN_PATIENCE = 20.0
"""Seconds that a request waits for a worker to plan it before it is answered as a draft."""


class StepOut(Schema):
    key: str
    phase: str
    state: str
    attempt: int
    exit_code: int | None
    sentence: str
    started_at: datetime | None
    ended_at: datetime | None
    found: dict[str, Any]


class ConditionOut(Schema):
    title: str
    ok: bool | None
    reason: str


class ApprovalOut(Schema):
    """One person's decision on one digest: approved or rejected."""

    approver: str
    decision: str
    digest: str
    comment: str
    at: datetime


class MoveOut(Schema):
    """The change went from one state to another. `actor` is None where Regroup itself moved it."""

    old: str
    new: str
    actor: str | None
    reason: str
    at: datetime


class LookOut(Schema):
    """What the host said about the unknown step. `outcome`: done, not_done, at_work, cannot_tell; empty until then.

    done: `probe` settles it as done, and the run goes on. not_done: `probe` settles it as failed; then resume or undo.
    at_work: `probe` follows it to its end. cannot_tell: mend the way to the host, or close with a reason.
    """

    asked_at: datetime
    told_at: datetime | None
    outcome: str
    sentences: list[str]


class ChangeOut(Schema):
    """A change. `digest` is the SHA-256 of its plan's canonical JSON. `planning`: a worker is making the plan."""

    number: int
    kind: str
    title: str
    state: str
    host: str
    vm: str | None
    requester: str
    reason: str
    ticket: str
    digest: str
    refusal: list[str]
    planning: bool
    continues: int | None
    created_at: datetime


class ChangeNow(ChangeOut):
    """Where the change stands, without its plan: cheap enough to be asked for each second.

    `cancel` is what a cancel would do now: at_once, boundary, or nothing. `waiting_for` is what the run waits for,
    `last_seq` the number of the log's last line.
    """

    steps: list[StepOut]
    waiting_for: str
    sentence: str
    last_seq: int
    host_says: LookOut | None
    cancel: str


class ChangeWhole(ChangeNow):
    """All of a change. `plan` is the approved data itself."""

    gate: list[ConditionOut]
    approvals: list[ApprovalOut]
    history: list[MoveOut]
    plan: dict[str, Any] | None


class ChangePage(Schema):
    items: list[ChangeOut]
    before: int | None = None


class LogOut(Schema):
    """Lines after the cursor; ask again with `after` = the last `seq`. `complete`: no more will come."""

    lines: list[dict[str, Any]]
    last_seq: int
    complete: bool


class Comment(Schema):
    comment: str


class Verdict(Schema):
    digest: str
    comment: str


class Reason(Schema):
    reason: str


OK: dict[Any, Any] = {200: ChangeWhole, **REFUSALS}


@router.get("", response={200: ChangePage, **REFUSALS}, summary="Changes, newest first")
def change_list(
    request: HttpRequest,
    state: str = "",
    host: str = "",
    before: int | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    found = Change.objects.select_related("host", "vm", "requester")
    if state:
        found = found.filter(status=state)
    if host:
        found = found.filter(host__name__iexact=host)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: limit + 1])
    page = rows[:limit]
    return {"items": [brief(row) for row in page], "before": page[-1].pk if len(rows) > limit else None}


@router.get("/{number}", response=OK, summary="One change, with its gate, steps and plan")
def change_get(request: HttpRequest, number: int) -> dict[str, Any]:
    return whole(change_of(number))


@router.get("/{number}/now", response={200: ChangeNow, **REFUSALS}, summary="Where one change stands, without its plan")
def change_now(request: HttpRequest, number: int) -> dict[str, Any]:
    return now(change_of(number))


@router.get("/{number}/plan", response={200: dict[str, Any], **REFUSALS}, summary="The plan alone, canonical")
def change_plan(request: HttpRequest, number: int) -> HttpResponse:
    """The very text whose SHA-256 is the digest."""
    change = change_of(number)
    if not change.plan_json:
        raise FieldErrors({"plan": ["This change has no plan yet."]})
    return HttpResponse(change.plan_json, content_type="application/json")


@router.get("/{number}/log", response={200: LogOut, **REFUSALS}, summary="Log lines after a cursor")
def change_log(request: HttpRequest, number: int, after: int = 0, limit: Limit = PAGE) -> dict[str, Any]:
    run = Run.objects.filter(change=change_of(number)).first()
    if run is None:
        return {"lines": [], "last_seq": 0, "complete": False}
    lines = [as_json(line) for line in lines_after(run, after, limit)]
    return {"lines": lines, "last_seq": run.last_seq, "complete": run.log_complete}


@router.post("/{number}/submit", response=OK, summary="Submit for approval")
def submit(request: HttpRequest, number: int) -> dict[str, Any]:
    change_submit(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/approve", response=OK, summary="Approve this very digest")
def approve(request: HttpRequest, number: int, body: Verdict) -> dict[str, Any]:
    change_approve(user_of(request), change_of(number), body.digest, body.comment)
    return whole(change_of(number))


@router.post("/{number}/reject", response=OK, summary="Reject")
def reject(request: HttpRequest, number: int, body: Comment) -> dict[str, Any]:
    change_reject(user_of(request), change_of(number), body.comment)
    return whole(change_of(number))


@router.post("/{number}/withdraw", response=OK, summary="Withdraw")
def withdraw(request: HttpRequest, number: int) -> dict[str, Any]:
    change_withdraw(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/replan", response=OK, summary="Plan a stale change again")
def replan(request: HttpRequest, number: int) -> dict[str, Any]:
    change = change_replan(user_of(request), change_of(number))
    ring_plan(change)
    return whole(planned(change))


@router.post("/{number}/run", response=OK, summary="Run")
def run(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_request(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/confirm", response=OK, summary="Confirm what the run waits for")
def confirm(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_confirm(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/cancel", response=OK, summary="Stop, at once where cancel says so, else at the next boundary")
def cancel(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_cancel(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/resume", response=OK, summary="Go on from the failed step")
def resume(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_resume(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/continue", response=OK, summary="Close it, and plan the rest anew as a change of its own")
def plan_rest(request: HttpRequest, number: int, body: Reason) -> dict[str, Any]:
    """Answers with the new change, which names this one in `continues`."""
    return whole(planned(runs.run_continue(user_of(request), change_of(number), body.reason)))


@router.post("/{number}/look", response=OK, summary="Have the host asked what it says about an unknown step")
def look(request: HttpRequest, number: int) -> dict[str, Any]:
    """Nothing is moved; the answer stands in `host_says` within seconds."""
    runs.run_look(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/probe", response=OK, summary="Ask the host again about an unknown step")
def probe(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_probe(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/undo", response=OK, summary="Undo, last step first")
def undo(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_undo(user_of(request), change_of(number))
    return whole(change_of(number))


@router.post("/{number}/close", response=OK, summary="Close as it is, with a reason")
def close(request: HttpRequest, number: int, body: Reason) -> dict[str, Any]:
    runs.run_close(user_of(request), change_of(number), body.reason)
    return whole(change_of(number))


def change_of(number: int) -> Change:
    return Change.objects.select_related("host", "vm", "requester").get(pk=number)


def planned(change: Change) -> Change:
    """The change once a worker has planned it, or as it is when none did in time."""
    end = time.monotonic() + PLAN_PATIENCE
    while time.monotonic() < end:
        change = change_of(change.pk)
        if not change.planning:
            break
        time.sleep(0.1)
    return change


def brief(change: Change) -> dict[str, Any]:
    names = ("number", "kind", "title", "reason", "ticket", "digest", "refusal", "planning", "created_at")
    return {
        **{name: getattr(change, name) for name in names},
        "state": change.status,
        "continues": change.continues_id,
        "host": change.host.name,
        "vm": change.vm.name if change.vm else None,
        "requester": change.requester.username,
    }


def now(change: Change) -> dict[str, Any]:
    run = Run.objects.filter(change=change).first()
    return {
        **brief(change),
        "steps": list(run.steps.all()) if run else [],
        "waiting_for": run.wait_prompt if run else "",
        "sentence": run.sentence if run else "",
        "last_seq": run.last_seq if run else 0,
        "cancel": _cancel(change, run),
        "host_says": Look.objects.filter(run=run).first() if change.state is State.UNKNOWN else None,
    }


def _cancel(change: Change, run: Run | None) -> str:
    if run is None or change.state not in STATES[Action.CANCEL]:
        return ""
    plan = change.plan
    at_once = change.state is State.WAITING or (plan is not None and runs.stops_at_once(plan, run))
    return "at_once" if at_once else "boundary"


def whole(change: Change) -> dict[str, Any]:
    run = Run.objects.filter(change=change).first()
    return {
        **now(change),
        "gate": conditions(change, run.started_by_id if run else None),
        "approvals": [
            {
                "approver": row.approver.username,
                **{name: getattr(row, name) for name in ("decision", "digest", "comment", "at")},
            }
            for row in change.approvals.select_related("approver")
        ],
        "history": [
            {
                "actor": row.actor.username if row.actor else None,
                **{name: getattr(row, name) for name in ("old", "new", "reason", "at")},
            }
            for row in change.transitions.select_related("actor")
        ],
        "plan": change.plan_data,
    }
