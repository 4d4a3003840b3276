"""The change page: one page and one partial, which serves the first load and each refresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from changes.approval_rules import ONE_APPROVER, Finding
from changes.glasses import lifts_of, stood_in
from changes.models import Approval, Change, Glass, Transition
from changes.panels import Place, Situation, panels_of, words_of
from changes.plan import Plan
from changes.policies import weighed
from changes.policy import STATES, Action, Decision, may
from changes.rights import changes_seen_by
from changes.slots import AHEAD, frozen_now, holding_now, slot_of
from changes.states import State
from changes.timing import Timed, held
from execution import cannot
from execution.gate import against, conditions, unmet
from execution.going_on import nobody_s
from execution.models import UNDO, Look, Run
from execution.runner import SAID_DONE
from execution.services import bound_to, stops_at_once
from execution.starting import STARTED, going, times_now
from execution.stream import is_moving, stamp_of, step_marks
from pages.glass_panel import glass_panel
from pages.next_thing import View, next_thing, other_buttons, step_buttons, undo_button
from pages.step_rows import Row, begun, done, done_count, references, row_at, step_rows, touched, what_stands
from pages.unknown import OUTCOMES
from pages.who import names_of, starters_of
from people.access import Request, requires
from people.actor import Actor
from people.roles import Role

READING = frozenset({State.PLANNED, State.IN_REVIEW, State.APPROVED, State.STALE})
BROKEN = frozenset({State.FAILED, State.CANCELLED, State.UNKNOWN, State.UNDO_FAILED})
WEIGHED = STATES[Action.APPROVE] | {State.QUEUED, State.GATING, State.RUNNING, State.WAITING, State.SUCCEEDED}
STARTS_HERE = {State.APPROVED, State.BLOCKED} | STATES[Action.RESUME] | STATES[Action.CONFIRM]
GATED = READING | BROKEN | {State.QUEUED, State.GATING, State.BLOCKED, State.RUNNING, State.WAITING, State.SUCCEEDED}


def change_or_404(request: Request, number: int) -> Change:
    """The change with what its page shows. Raises Http404 with a sentence, also where this person does not see it."""
    shown = ("host", "vm__owner", "requester", "editor", "slot", "part__rollout")
    rows = changes_seen_by(request.actor).select_related(*shown)
    rows = rows.annotate(has_glass=Exists(Glass.objects.filter(change=OuterRef("pk"))), frost=Exists(holding_now()))
    change = rows.filter(pk=number).first()
    if change is None:
        raise Http404(f"There is no change #{number}.")
    return change


@requires(Role.VIEWER)
def change_page(request: Request, number: int) -> HttpResponse:
    """The whole page; its partial alone when htmx refreshes it."""
    context = change_context(request, change_or_404(request, number))
    if not request.htmx:
        return render(request, "changes/change.html", context)
    response = render(request, "changes/_change.html", context)
    if context["moving"] and request.GET.get("still"):
        response["HX-Refresh"] = "true"  # it stood still when the page was loaded, so no stream is open there
    return response


def change_context(request: Request, change: Change) -> dict[str, Any]:
    """Everything that the page and its partial show."""
    actor, plan = request.actor, change.plan
    prefetch_related_objects([change], Prefetch("approvals", Approval.objects.select_related("approver")))
    run = Run.objects.select_related("started_by").filter(change=change).first()
    rows = step_rows(plan, run, reading=change.state in READING) if plan else []
    history = list(change.transitions.select_related("actor").order_by("-pk"))
    look = Look.objects.filter(run=run).first() if run and change.state is State.UNKNOWN else None
    looking = bool(look and look.told_at is None)
    people = ("asked_by", "decided_by", "used_by", "reviewed_by")
    glasses = list(change.glasses.select_related(*people)) if getattr(change, "has_glass", True) else []
    lifts = lifts_of(change, going(change)) if any(glass.granted for glass in glasses) else frozenset()
    findings = weighed(change, *_triggers(change, run), helpers=True) if plan and change.state in WEIGHED else []
    findings = stood_in(findings, lifts)
    times = times_now(change, lifts) if plan and change.state in GATED else []
    view = replace(
        make_view(change, actor, plan, run, rows, history, findings, times),
        looking=looking,
        over=look.told_at.isoformat() if look and look.told_at and look.over else "",
        at_once=bool(plan and run and change.state is State.RUNNING and stops_at_once(plan, run)),
    )
    if request.GET.get("open") == "all":
        rows = [replace(row, open=True) for row in rows]
    if plan and run:
        rows = _with_buttons(rows, view, run, plan)
    situation = _situation(change, plan, run, rows, view, actor) if plan else None
    done, total = done_count(rows, run.phase) if run else (0, 0)
    return {
        "change": change,
        "plan": plan,
        "run": run,
        "rows": rows,
        "next": next_thing(view),
        "mends": bool(view.lacks) and change.state in (State.FAILED, State.CANCELLED) and view.may(Action.APPROVE),
        "other_buttons": other_buttons(view),
        "edit_url": _edit_url(change) if view.may(Action.EDIT) else "",
        "conditions": conditions(change, findings, times) if plan and change.state in GATED else [],
        "waiting_panels": panels_of(Place.WAITING, situation) if situation and _parked(change, run) else [],
        "slot": slot_of(change) if change.state in AHEAD or view.held else None,
        "may_pick": change.state in AHEAD and view.may(Action.SLOT),
        "asks_for_slot": bool(view.held) and view.may(Action.SLOT) and _slot_helps(change, times),
        "stays_parked": change.state is State.WAITING and bool(view.held),
        **glass_panel(change, request.user, actor, glasses, asks=_asks_for_glass(view, change, times)),
        "result_panels": panels_of(Place.RESULT, situation) if situation else [],
        "result_buttons": _result_buttons(view, plan, rows),
        "transitions": history,
        "approvals": list(change.approvals.all()),
        "references": references(plan) if plan else [],
        "done": done,
        "total": total,
        "moving": is_moving(change),
        "continued_by": changes_seen_by(actor).filter(continues=change).first()
        if change.state is State.CLOSED
        else None,
        "look": look,
        "looking": looking,
        "outcomes": OUTCOMES if change.state is State.UNKNOWN else (),
        "stamp": stamp_of(change, run, step_marks(part.row for row in rows for part in row.parts)),
        "all_open": request.GET.get("open") == "all",
    }


def _lacks(change: Change, findings: Sequence[Finding]) -> str:
    """Whose approval is missing; empty where there is the rule of one approver, whose sentence is shorter."""
    if change.state is State.IN_REVIEW and change.needs == ONE_APPROVER:
        return ""
    missing = (f"{one.reason} {one.help}".strip() for one in findings if not one.ok)
    return " ".join(dict.fromkeys(missing)) if change.state in STATES[Action.APPROVE] else ""


def _asks_for_glass(view: View, change: Change, times: Sequence[Timed]) -> bool:
    """Whether something stands in the way that a glass could be broken for, and this person may ask for it."""
    if not view.may(Action.GLASS):
        return False
    waits = change.state is State.IN_REVIEW or bool(view.held or view.lacks)
    if change.state is State.WAITING:
        return bool(held(times))
    return waits or (change.state in STARTED and getattr(change, "frost", True) and bool(frozen_now(change)))


def _slot_helps(change: Change, times: Sequence[Timed]) -> bool:
    """What waits parked needs one only where its window or slot holds it, and none against a freeze."""
    if change.state is not State.WAITING:
        return bool(held(times))
    return any(line.title == "Window" and line.ok is not True for line in times)


def _held(change: Change, run: Run | None, times: Sequence[Timed]) -> str:
    """Why it may not start now, or go on."""
    if change.state not in STARTS_HERE:
        return ""
    if change.state is State.WAITING:
        return held(times) or (nobody_s(change, run) if run else "")
    return held(times) or (against(change) if change.state in AHEAD else "")


def _triggers(change: Change, run: Run | None) -> list[int]:
    """Who started it, while that start counts: of what is approved again, somebody else may start the next one."""
    return [run.started_by_id] if run and change.state not in READING else []


def _parked(change: Change, run: Run | None) -> bool:
    """Whether the run, or its undo, waits: an undo that waits goes on being one, and only the run knows."""
    return change.state is State.WAITING or (change.state is State.UNDOING and bool(run and run.wait_step))


def make_view(
    change: Change,
    actor: Actor,
    plan: Plan | None,
    run: Run | None,
    rows: Sequence[Row],
    history: Sequence[Transition],
    findings: Sequence[Finding],
    times: Sequence[Timed],
) -> View:
    """What the sentence on top is made from."""
    at = row_at(rows, run.phase) if run else None
    undoing = bool(run and run.phase == UNDO)
    running = change.state in (State.APPROVED, State.BLOCKED)
    lacks = _lacks(change, findings)
    case = change.case(change.voters() if change.state in STATES[Action.APPROVE] else frozenset())
    return View(
        state=change.state,
        can={action: may(action, actor, case) for action in Action} | _cannot(change, plan, run, rows),
        host=change.host.name,
        requester=change.requester.display,
        mine=actor.id == change.requester_id,
        planning=change.planning,
        steps=len(rows),
        step=(at.number, at.step.title) if at else None,
        undoing=undoing,
        by_word=any(row.now and row.now.row.said == SAID_DONE for row in rows),
        parked=_parked(change, run),
        cancelling=bool(run and run.cancel_requested),
        reason=_reason(change, run, history),
        approvers=names_of(Role.APPROVER, change.requester_id, change.editor_id),
        operators=starters_of(change) if running and not lacks else names_of(Role.OPERATOR),
        bound=bound_to(change) if change.state in BROKEN else "",
        votes=running and may(Action.RUN, actor, case).allowed and not unmet(change, actor.id),
        lacks=lacks,
        held=_held(change, run, times),
        confirmed=bool(run and run.confirmed_step and run.confirmed_step == run.wait_step),
        confirm=words_of(change.kind).confirm(plan, run.wait_step) if plan and run and run.wait_step else "",
    )


def _cannot(change: Change, plan: Plan | None, run: Run | None, rows: Sequence[Row]) -> dict[Action, Decision]:
    """What nobody may do with this run."""
    if plan is None or run is None:
        return {}
    said = {Action.CANCEL: cannot.be_stopped(change, run), Action.UNDO: cannot.be_undone(plan, begun(rows), done(rows))}
    return {action: Decision(False, no) for action, no in said.items() if no}


def _reason(change: Change, run: Run | None, history: Sequence[Transition]) -> str:
    if run and _parked(change, run):
        return run.wait_prompt
    return history[0].reason if history else ""


def _with_buttons(rows: list[Row], view: View, run: Run, plan: Plan) -> list[Row]:
    """The buttons stand at the step they speak of: the one that runs, waits or broke."""
    at = row_at(rows, run.phase)
    broken = view.state in BROKEN
    if at is None and broken and rows:
        at = rows[0] if run.phase == UNDO else rows[-1]
    if at is None:
        return rows
    buttons = step_buttons(view, words_of(plan.kind).undo(plan, touched(rows)))
    stands = what_stands(rows, at, run.phase) if broken else ""
    here = replace(at, buttons=buttons, stands=stands, open=at.open or broken)
    return [here if row.number == here.number else row for row in rows]


def _result_buttons(view: View, plan: Plan | None, rows: Sequence[Row]) -> tuple[Any, ...]:
    if plan is None or view.state is not State.SUCCEEDED:
        return ()
    return undo_button(view, words_of(plan.kind).undo(plan, touched(rows)))


def _situation(change: Change, plan: Plan, run: Run | None, rows: Sequence[Row], view: View, actor: Actor) -> Situation:
    return Situation(
        change,
        plan,
        run.wait_step if run else "",
        frozenset(action.value for action in Action if view.may(action)),
        actor,
        {row.step.key: row.do.row.found for row in rows if row.do and row.do.row.found},
    )


def _edit_url(change: Change) -> str:
    """Each kind has its own form, at `<kind>_edit`; empty where it is not installed."""
    try:
        return reverse(f"{change.kind}_edit", args=[change.pk])
    except NoReverseMatch:
        return ""
