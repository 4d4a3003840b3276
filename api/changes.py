"""Changes over the API: the same services, policies and sentences as the pages."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Router, Schema
from pydantic import AwareDatetime

from api.auth import seer, user_of
from api.once import afterwards
from api.paging import Limit, newest_first
from api.problems import REFUSALS, FieldErrors
from changes.models import Change, Glass
from changes.policies import weighed
from changes.policy import STATES, Action
from changes.rights import changes_seen_by
from changes.services import (
    change_approve,
    change_reject,
    change_replan,
    change_submit,
    change_withdraw,
)
from changes.slots import slot_of
from changes.states import State
from evidence.services import evidence_take
from execution import cannot
from execution import services as runs
from execution.connections import streamed
from execution.doorbell import ring_plan
from execution.gate import conditions
from execution.going_on import held_back
from execution.logs import PAGE, as_json, lines_after
from execution.models import Look, Run
from execution.settling import run_settle

router = Router(tags=["changes"])
BINARY = {"type": "string", "format": "binary"}
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
    """One line of the gate; `ok` is None for what only the moment of the run can tell. `help`: who can help."""

    title: str
    ok: bool | None
    reason: str
    help: str


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
    `over`: the command is over for certain, so that `settle` is open to whoever knows better than the host can say.
    """

    asked_at: datetime
    told_at: datetime | None
    outcome: str
    over: bool
    sentences: list[str]


class SlotNow(Schema):
    """When it is to start. `missed_at`: when it was noted that it had not started in it; it never runs late."""

    starts: datetime
    ends: datetime
    missed_at: datetime | None


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
    `held` why it stays parked whatever comes (a freeze, its window), `last_seq` the number of the log's last line.
    """

    steps: list[StepOut]
    waiting_for: str
    held: str
    sentence: str
    last_seq: int
    host_says: LookOut | None
    cancel: str
    slot: SlotNow | None


class GlassOut(Schema):
    """A glass asked for, for one digest: `lifts` are window, freeze, approval, readiness.

    Once it was used a review is owed."""

    lifts: list[str]
    reason: str
    digest: str
    asked_by: str
    asked_at: datetime
    granted: bool
    decided_by: str | None
    comment: str
    until: datetime | None
    used_at: datetime | None
    used_by: str | None
    review: str
    reviewed_by: str | None
    reviewed_at: datetime | None


class ChangeWhole(ChangeNow):
    """All of a change. `plan` is the approved data itself."""

    gate: list[ConditionOut]
    glasses: list[GlassOut]
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


class Word(Schema):
    """What a person says of an unknown step. `told_at` is that of the `host_says` that they go by."""

    said: Literal["done", "failed"]
    reason: str
    told_at: AwareDatetime


OK: dict[Any, Any] = {200: ChangeWhole, **REFUSALS}


@router.get("", response={200: ChangePage, **REFUSALS}, summary="Changes, newest first")
def change_list(
    request: HttpRequest,
    state: str = "",
    host: str = "",
    before: int | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    found = changes_seen_by(seer(request)).select_related("host", "vm", "requester")
    if state:
        found = found.filter(status=state)
    if host:
        found = found.filter(host__name__iexact=host)
    return newest_first(found, before, limit, brief)


@router.get("/{number}", response=OK, summary="One change, with its gate, steps and plan")
def change_get(request: HttpRequest, number: int) -> dict[str, Any]:
    return whole(change_of(request, number))


@router.get("/{number}/now", response={200: ChangeNow, **REFUSALS}, summary="Where one change stands, without its plan")
def change_now(request: HttpRequest, number: int) -> dict[str, Any]:
    return now(change_of(request, number))


@router.get("/{number}/plan", response={200: dict[str, Any], **REFUSALS}, summary="The plan alone, canonical")
def change_plan(request: HttpRequest, number: int) -> HttpResponse:
    """The very text whose SHA-256 is the digest."""
    change = change_of(request, number)
    if not change.plan_json:
        raise FieldErrors({"plan": ["This change has no plan yet."]})
    return HttpResponse(change.plan_json, content_type="application/json")


@router.get("/{number}/log", response={200: LogOut, **REFUSALS}, summary="Log lines after a cursor")
def change_log(request: HttpRequest, number: int, after: int = 0, limit: Limit = PAGE) -> dict[str, Any]:
    run = Run.objects.filter(change=change_of(request, number)).first()
    if run is None:
        return {"lines": [], "last_seq": 0, "complete": False}
    lines = [as_json(line) for line in lines_after(run, after, limit)]
    return {"lines": lines, "last_seq": run.last_seq, "complete": run.log_complete}


ARCHIVE = {200: {"description": "A zip.", "content": {"application/zip": {"schema": BINARY}}}}


@router.get(
    "/{number}/evidence",
    response=REFUSALS,
    openapi_extra={"responses": ARCHIVE},
    summary="Its evidence: a signed archive that verifies offline",
)
def evidence(request: HttpRequest, number: int) -> HttpResponseBase:
    """Sent while it is made. 409 while something happens to the change, or its last audit entries are not sealed."""
    found = evidence_take(seer(request), change_of(request, number))
    response = streamed(request, found.blocks, "application/zip")
    response["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return response


@router.post("/{number}/submit", response=OK, summary="Submit for approval")
def submit(request: HttpRequest, number: int) -> dict[str, Any]:
    change_submit(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/approve", response=OK, summary="Approve this very digest")
def approve(request: HttpRequest, number: int, body: Verdict) -> dict[str, Any]:
    change_approve(user_of(request), change_of(request, number), body.digest, body.comment)
    return whole(change_of(request, number))


@router.post("/{number}/reject", response=OK, summary="Reject")
def reject(request: HttpRequest, number: int, body: Comment) -> dict[str, Any]:
    change_reject(user_of(request), change_of(request, number), body.comment)
    return whole(change_of(request, number))


@router.post("/{number}/withdraw", response=OK, summary="Withdraw")
def withdraw(request: HttpRequest, number: int) -> dict[str, Any]:
    change_withdraw(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/replan", response=OK, summary="Plan a stale change again")
def replan(request: HttpRequest, number: int) -> dict[str, Any]:
    change = change_replan(user_of(request), change_of(request, number))
    ring_plan(change)
    return whole(planned(change))


@router.post("/{number}/run", response=OK, summary="Run")
def run(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_request(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/confirm", response=OK, summary="Confirm what the run waits for")
def confirm(request: HttpRequest, number: int) -> dict[str, Any]:
    """Where `held` says why it stays parked, the word is kept, and it goes on by it once nothing holds it."""
    runs.run_confirm(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/cancel", response=OK, summary="Stop, at once where cancel says so, else at the next boundary")
def cancel(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_cancel(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/resume", response=OK, summary="Go on from the failed step")
def resume(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_resume(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/continue", response=OK, summary="Close it, and plan the rest anew as a change of its own")
def plan_rest(request: HttpRequest, number: int, body: Reason) -> dict[str, Any]:
    """Answers with the new change, which names this one in `continues`."""
    return whole(planned(runs.run_continue(user_of(request), change_of(request, number), body.reason)))


@router.post("/{number}/look", response=OK, summary="Have the host asked what it says about an unknown step")
def look(request: HttpRequest, number: int) -> dict[str, Any]:
    """Nothing is moved; the answer stands in `host_says` within seconds."""
    runs.run_look(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/probe", response=OK, summary="Ask the host again about an unknown step")
def probe(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_probe(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/settle", response=OK, summary="Say that an unknown step did its work, or did not")
def settle(request: HttpRequest, number: int, body: Word) -> dict[str, Any]:
    """Only once the host has said that the command is over. Nothing is sent; a resume or undo verifies it first."""
    run_settle(user_of(request), change_of(request, number), body.said, body.reason, body.told_at)
    return whole(change_of(request, number))


@router.post("/{number}/undo", response=OK, summary="Undo, last step first")
def undo(request: HttpRequest, number: int) -> dict[str, Any]:
    runs.run_undo(user_of(request), change_of(request, number))
    return whole(change_of(request, number))


@router.post("/{number}/close", response=OK, summary="Close as it is, with a reason")
def close(request: HttpRequest, number: int, body: Reason) -> dict[str, Any]:
    runs.run_close(user_of(request), change_of(request, number), body.reason)
    return whole(change_of(request, number))


def change_of(request: HttpRequest, number: int) -> Change:
    """Raises Change.DoesNotExist, also where the person does not see it."""
    return changes_seen_by(seer(request)).select_related("host", "vm", "requester", "slot").get(pk=number)


def _glasses(change: Change) -> QuerySet[Glass]:
    return change.glasses.select_related("asked_by", "decided_by", "used_by", "reviewed_by")


def glass_told(row: Glass) -> dict[str, Any]:
    """A glass as JSON, people by name."""
    plain = ("lifts", "reason", "digest", "asked_at", "granted", "comment", "until", "used_at", "review", "reviewed_at")
    people = {name: getattr(row, name) for name in ("asked_by", "decided_by", "used_by", "reviewed_by")}
    names = {name: user.username if user else None for name, user in people.items()}
    return {**{name: getattr(row, name) for name in plain}, **names}


def planned(change: Change) -> Change:
    """The change once a worker has planned it, or as it is when none did in time, or none can see it yet."""
    if afterwards(lambda: whole(planned(change))):
        return change
    rows, end = Change.objects.select_related("host", "vm", "requester"), time.monotonic() + PLAN_PATIENCE
    while time.monotonic() < end:
        change = rows.get(pk=change.pk)
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
        "held": held_back(change, run) if run and change.state is State.WAITING else "",
        "sentence": run.sentence if run else "",
        "last_seq": run.last_seq if run else 0,
        "cancel": _cancel(change, run),
        "slot": slot_of(change),
        "host_says": Look.objects.filter(run=run).first() if change.state is State.UNKNOWN else None,
    }


def _cancel(change: Change, run: Run | None) -> str:
    if run is None or change.state not in STATES[Action.CANCEL] or cannot.be_stopped(change, run):
        return ""
    plan = change.plan
    at_once = change.state is State.WAITING or (plan is not None and runs.stops_at_once(plan, run))
    return "at_once" if at_once else "boundary"


def whole(change: Change) -> dict[str, Any]:
    run = Run.objects.filter(change=change).first()
    return {
        **now(change),
        "gate": conditions(change, weighed(change, *([run.started_by_id] if run else []), helpers=True)),
        "glasses": [glass_told(row) for row in _glasses(change)],
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
