"""Reads from the database what a report is made of, and renders it as a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.html import format_html

from changes.models import Change
from changes.states import State, StepState
from execution.models import UNDO, Run
from recovery.report import Act, Report, StepTold, Told, make_report

DID = {
    State.QUEUED: "asked to run",
    State.RUNNING: "went on",
    State.UNDOING: "asked to undo",
    State.CLOSED: "closed",
    State.SUCCEEDED: "ended: succeeded",
    State.FAILED: "ended: failed",
    State.CANCELLED: "ended: stopped",
    State.UNKNOWN: "ended: nobody can tell",
    State.UNDONE: "ended: undone",
    State.UNDO_FAILED: "ended: the undo failed",
}
"""What a transition into a state means in the report; those into other states are not told."""


class NothingToReport(Exception):
    """No step was begun; the message is a sentence."""


def report_of(change: Change) -> Report:
    """The report of the change's present run. Raises NothingToReport."""
    plan, run = change.plan, Run.objects.filter(change=change).first()
    if plan is None or run is None or run.started_at is None:
        raise NothingToReport(
            f"Change #{change.number} is {change.label.word} and nothing of it was run, so there is nothing to report."
        )
    return make_report(
        Told(
            number=change.number,
            state=change.state,
            plan=plan,
            params=change.params,
            steps=tuple(_steps(run)),
            acts=tuple(sorted(_acts(change), key=lambda act: act.at)),
            reason=change.reason,
            ticket=change.ticket,
            digest=run.digest,
            sentence=run.sentence,
            contents=change.facts.get("contents", {}),
        )
    )


def report_page(report: Report) -> str:
    """The report as one HTML file that needs nothing else, its style inside."""
    found = finders.find("css/report.css")
    style = Path(str(found)).read_text(encoding="utf-8") if found else ""
    return render_to_string(
        "recovery/report.html", {"report": report, "style": format_html("<style>\n{}</style>", style)}
    )


def _steps(run: Run) -> Iterator[StepTold]:
    for row in run.steps.all():
        yield StepTold(
            row.key, StepState(row.state), row.sentence, row.found, row.phase == UNDO, row.ended_at, row.attempt > 0
        )


def _acts(change: Change) -> Iterator[Act]:
    yield Act("asked for it", change.requester.display, change.created_at, change.reason)
    for vote in change.approvals.select_related("approver"):
        older = "" if vote.digest == change.digest else " (an earlier plan)"
        yield Act(f"{vote.decision}{older}", vote.approver.display, vote.at, vote.comment)
    for move in change.transitions.select_related("actor"):
        what = DID.get(State(move.new))
        if what and (move.actor or what.startswith("ended")):
            yield Act(what, move.actor.display if move.actor else "Regroup", move.at, move.reason)
