"""What a run cannot do since its steps are as they are, as a sentence; empty where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Collection

from changes.models import Change
from changes.plan import Plan
from changes.states import State
from execution.models import Run


def be_stopped(change: Change, run: Run) -> str:
    """Where it is parked in a step that is never stopped, since its host goes on without us."""
    plan = change.plan if change.state is State.WAITING and run.wait_step else None
    step = plan.step(run.wait_step) if plan else None
    if step is None or step.cancel != "never":
        return ""
    return f"“{step.title}” cannot be stopped in the middle. It comes to an end by itself."


def be_undone(plan: Plan, begun: Collection[str], done: Collection[str]) -> str:
    """Where something was written, and no step begun has an undo: an undo would call the host as it was before. And
    where a step that is done took away what the others had made: an undo would do nothing."""
    for step in plan.steps:
        if step.clears and step.key in done:
            return step.clears
    steps = [step for step in plan.steps if step.key in begun]
    written = [step for step in steps if step.writes]
    return written[-1].no_undo if written and not any(step.undo for step in steps) else ""
