"""A step that nobody can tell about, settled by a person who has seen what the host says, with a reason in writing.

    done      the step counts as done
    failed    it counts as failed, and may be tried again

Either way the change has failed (or its undo has) and nothing is sent: resume, undo and close are open to it. What goes
on asks the host after this attempt first (`runner._reattach`), so the word of a person never stands for a verify.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from changes.history import note
from changes.models import Change
from changes.policy import Action
from changes.services import Denied, Moved, deciding, move, permitted
from changes.states import State, StepState
from execution import logs
from execution.models import UNDO, LogChunk, Look, Run, StepRun
from execution.runner import SAID_DONE, SAID_FAILED
from execution.services import run_of
from people.models import User
from people.selectors import actor_of

STATE = {SAID_DONE: StepState.OK, SAID_FAILED: StepState.FAILED}


@deciding
def run_settle(actor: User, change: Change, said: str, reason: str, read: datetime | None) -> None:
    """Call the unknown step done or failed. Raises Denied; Moved where the host has said something else since.

    said    `done` or `failed`
    read    `Look.told_at` of the answer that the person goes by, to the millisecond
    """
    change = permitted(actor, change, Action.SETTLE)
    run = Run.objects.select_for_update().get(pk=run_of(change).pk)
    step = StepRun.objects.filter(run=run, phase=run.phase, state=StepState.UNKNOWN).first()
    look = Look.objects.filter(run=run).first()
    no = _why_not(change, step, look, said, reason)
    if no or step is None or look is None or look.told_at is None:
        raise Denied(no, Action.SETTLE, change)
    if read is None or abs(read - look.told_at) >= timedelta(milliseconds=1):
        raise Moved(f"{change.host.name} was asked again since you read what it says; read it again.")
    sentence = f"Called {said} by {actor.display}, who looked: {' '.join(reason.split())}"
    _store(run, step, said, sentence)
    look.delete()
    details = {"run": run.name, "step": step.key, "phase": step.phase, "attempt": step.attempt}
    note(
        actor_of(actor),
        "change.settle",
        change,
        {**details, "said": said, "saw": look.outcome, "reason": reason.strip()},
    )
    move(change, State.UNDO_FAILED if run.phase == UNDO else State.FAILED, actor, sentence)


def _why_not(change: Change, step: StepRun | None, look: Look | None, said: str, reason: str) -> str:
    """The sentence why this cannot be settled so; empty if it can."""
    host = change.host.name
    if said not in STATE:
        return "Say whether the step did its work: done, or failed."
    if not reason.strip():
        return f"Calling a step {said} needs a reason: say what you saw on the host, and how."
    if step is None or not step.attempt:
        return f"No step was begun that nobody can tell about. Go by what {host} says: that settles it."
    if look is None:
        return f"Look at {host} first: nobody has since the step became unknown."
    if look.told_at is None:
        return f"{host} is being asked at this moment; read what it says first."
    if not look.over:
        return (
            f"{host} has not said that the command is over, so it may still be at work there. Look again when it is;"
            " or close the change with a reason."
        )
    return ""


def _store(run: Run, step: StepRun, said: str, sentence: str) -> None:
    now = timezone.now()
    step.state, step.said, step.sentence = STATE[said], said, sentence
    step.intent_at, step.ended_at = None, now
    step.save()
    logs.append(run, step, [f"{step.label.word}: {sentence}"], LogChunk.NOTE)
    Run.objects.filter(pk=run.pk).update(sentence=sentence, ended_at=now, log_complete=False)
