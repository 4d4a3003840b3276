"""What people do to runs. Each writes its wish in one transaction and rings; a worker does the rest."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.selectors import sealing
from changes.glasses import glass_use
from changes.history import note
from changes.kinds import bound, kept_from_undo
from changes.models import Change
from changes.plan import Plan
from changes.policy import Action
from changes.rollouts import held_by
from changes.services import Denied, LockHeld, deciding, locks_release, locks_take, move, permitted
from changes.states import STEP_DONE, State, StepState
from execution import cannot
from execution.doorbell import ring, ring_plan
from execution.gate import against, unmet
from execution.leases import host_locks
from execution.models import DO, UNDO, Look, Run, StepRun
from execution.runner import Progress, backward, can_stop, forward
from execution.starting import frozen_for, hold, needs_slot, starts, too_soon
from people.models import User
from people.selectors import actor_of


def run_of(change: Change) -> Run:
    """The change's present run. Raises Run.DoesNotExist."""
    return Run.objects.select_related("change__host").filter(change=change).latest("pk")


@deciding
def run_request(actor: User, change: Change, *, in_turn: bool = False) -> Run:
    """Queue an approved change. Raises Denied when the approvals do not count once this person starts it.

    A part of a rollout is started by that alone, `in_turn`.
    """
    change = permitted(actor, change, Action.RUN)
    rollout = None if in_turn else held_by(change)
    if rollout:
        raise Denied(f"This is a part of {rollout}: start that, so that its waves hold.", Action.RUN, change)
    _must_be_met(change, Action.RUN, actor.pk)
    if no := too_soon(change, actor.pk) or against(change, actor.pk):
        raise Denied(no, Action.RUN, change)
    run, _ = Run.objects.update_or_create(change=change, digest=change.digest, defaults={"started_by": actor})
    note(actor_of(actor), "change.run", change, {"digest": change.digest, "run": run.name})
    move(change, State.QUEUED, actor, "Run requested")
    ring(change)
    return run


def _must_be_met(change: Change, action: Action, *triggers: int) -> None:
    """Raises Denied where the approvals that the policy asks for are not there once these people start the change."""
    no = unmet(change, *triggers)
    if no and not unmet(change):
        few = "No approval counts" if change.needs.seats == 1 else "Too few approvals count"
        no = f"{few} if you start it: whoever starts a change is not among its approvers."
    if no:
        raise Denied(no, action, change)


def _must_not_be_frozen(change: Change, action: Action, *triggers: int) -> None:
    """Raises Denied in a freeze, unless the glass is broken for these people."""
    if no := frozen_for(change, *triggers):
        raise Denied(no, action, change)


@deciding
def run_cancel(actor: User, change: Change) -> None:
    """Stop: at once in a step that writes nothing, else at the next boundary; a waiting run stops at once."""
    change = permitted(actor, change, Action.CANCEL)
    run = run_of(change)
    if no := cannot.be_stopped(change, run):
        raise Denied(no, Action.CANCEL, change)
    note(actor_of(actor), "change.cancel", change, {"run": run.name})
    if change.state is State.WAITING:
        StepRun.objects.filter(run=run, phase=DO, state=StepState.WAITING).update(state=StepState.PENDING)
        Run.objects.filter(pk=run.pk).update(
            wait_step="",
            wait_prompt="",
            wait_until=None,
            next_poll=None,
            confirmed_step="",
            acted_by=None,
            sentence="Cancelled while it waited.",
        )
        move(change, State.CANCELLED, actor, "Cancelled while it waited")
    else:
        Run.objects.filter(pk=run.pk).update(cancel_requested=True)


def stops_at_once(plan: Plan, run: Run) -> bool:
    """Whether a cancel ends the running run's step in the middle, rather than after it."""
    row = StepRun.objects.filter(run=run, phase=DO, intent_at__isnull=False).first()
    work = next((work for work in forward(plan) if row and work.key == row.key), None)
    return run.phase == DO and work is not None and can_stop(work, plan.step(work.key).cancel)


@deciding
def run_confirm(actor: User, change: Change) -> str:
    """A person says that what the run waits for is there; the host is asked at once whether it is.

    Returns the sentence why it stays parked all the same, where a freeze or its window holds it: the word is kept, and
    it goes on by it once nothing does. Empty where it goes on.
    """
    change = permitted(actor, change, Action.CONFIRM)
    run = run_of(change)
    no = hold(change, actor.pk, run.started_by_id)
    Run.objects.filter(pk=run.pk).update(confirmed_step=run.wait_step, acted_by=actor)
    detail = {"run": run.name, "step": run.wait_step, **({"held": no} if no else {})}
    note(actor_of(actor), "change.confirm", change, detail)
    if no:
        slot = needs_slot(change, actor.pk, run.started_by_id)
        return f"Noted. {no} It goes on by itself {'in that slot, and not before' if slot else 'then'}."
    Run.objects.filter(pk=run.pk).update(next_poll=None)
    move(change, State.RUNNING, actor, run.wait_prompt)
    ring(change)
    return ""


@deciding
def run_resume(actor: User, change: Change) -> None:
    """Go on with the step that failed, after every earlier effect was verified again.

    The approvals have to hold now as they did at the start, and whoever resumes is not among the approvers. A freeze
    stops it; a window that has closed does not, since a host is better whole late than half in time. Before anything
    was written there is nothing half: it is a start, in its slot and window.
    """
    change = permitted(actor, change, Action.RESUME)
    run, anew = run_of(change), starts(change)
    both = (actor.pk, run.started_by_id)
    if anew and (no := too_soon(change, *both) or against(change, *both)):
        raise Denied(no, Action.RESUME, change)
    _must_not_be_frozen(change, Action.RESUME, *both)
    audit = sealing()
    if audit.late:
        raise Denied(audit.sentence, Action.RESUME, change)
    _must_be_met(change, Action.RESUME, *both)
    note(actor_of(actor), "change.resume", change, {"run": run.name})
    glass_use(change, actor, Action.RUN if anew else Action.RESUME, timezone.now(), *both)
    _retry_broken(run)
    Run.objects.filter(pk=run.pk).update(
        acted_by=actor, confirmed_step="", recheck=True, cancel_requested=False, ended_at=None, sentence=""
    )
    move(change, State.RUNNING, actor, "Resumed")
    ring(change)


@deciding
def run_look(actor: User, change: Change) -> None:
    """Ask the host what it says about an unknown step, to be read; nothing is moved by it."""
    change = permitted(actor, change, Action.LOOK)
    run = run_of(change)
    asked: dict[str, Any] = {"asked_at": timezone.now(), "told_at": None, "outcome": "", "sentences": []}
    Look.objects.update_or_create(run=run, defaults=asked)
    note(actor_of(actor), "change.look", change, {"run": run.name})
    ring(change)


@deciding
def run_probe(actor: User, change: Change) -> None:
    """Ask the host again what became of a step that nobody can tell about."""
    change = permitted(actor, change, Action.PROBE)
    run = run_of(change)
    Look.objects.filter(run=run).delete()
    StepRun.objects.filter(run=run, phase=run.phase, state=StepState.UNKNOWN).update(state=StepState.RUNNING)
    Run.objects.filter(pk=run.pk).update(acted_by=actor, probing=True, ended_at=None)
    note(actor_of(actor), "change.probe", change, {"run": run.name})
    if run.phase == UNDO:
        move(change, State.FAILED, actor, "Asking the host again")
        move(change, State.UNDOING, actor, "Asking the host again")
    else:
        move(change, State.RUNNING, actor, "Asking the host again")
    ring(change)


@deciding
def run_undo(actor: User, change: Change) -> None:
    """Take back every step that was done or begun, last first. Raises Denied, also in a freeze."""
    change = permitted(actor, change, Action.UNDO)
    _must_not_be_frozen(change, Action.UNDO, actor.pk)
    run, plan = run_of(change), change.plan
    if plan is None:
        raise Denied("There is no plan to undo.", Action.UNDO, change)
    if no := kept_from_undo(change.kind, change.pk):
        raise Denied(no, Action.UNDO, change)
    rows = {row.key: row for row in StepRun.objects.filter(run=run, phase=DO)}
    touched = {step.key: Progress(StepState(rows[step.key].state), rows[step.key].attempt) for step in plan.steps}
    done = [key for key, at in touched.items() if at.state in STEP_DONE]
    begun = [key for key, at in touched.items() if at.attempt]
    if no := cannot.be_undone(plan, {*done, *begun}, done):
        raise Denied(no, Action.UNDO, change)
    try:
        with transaction.atomic():
            locks_take(change, host_locks(run))
    except LockHeld as held:
        raise Denied(str(held), Action.UNDO, change) from held
    run.phase = UNDO
    _retry_broken(run)
    for number, work in enumerate(backward(plan, touched), 1):
        StepRun.objects.get_or_create(run=run, phase=UNDO, key=work.key, defaults={"position": number})
    Run.objects.filter(pk=run.pk).update(
        acted_by=actor,
        confirmed_step="",
        phase=UNDO,
        recheck=False,
        cancel_requested=False,
        ended_at=None,
        sentence="",
        log_complete=False,
    )
    glass_use(change, actor, Action.UNDO, timezone.now(), actor.pk)
    note(actor_of(actor), "change.undo", change, {"run": run.name})
    move(change, State.UNDOING, actor, "Undo requested")
    ring(change)


@deciding
def run_close(actor: User, change: Change, reason: str) -> None:
    """A person ends it as it is, with the reason; the locks are given back."""
    change = permitted(actor, change, Action.CLOSE)
    if not reason.strip():
        raise Denied("Closing needs a reason: say what is true on the host now.", Action.CLOSE, change)
    _end(actor, change, reason.strip())


@deciding
def run_continue(actor: User, change: Change, reason: str) -> Change:
    """End a change that broke off as it is, and ask for the same anew: planned from its host as it is now.

    The new change has its own plan, digest and approval; whoever asked for the first asks for it too.
    """
    change = permitted(actor, change, Action.CONTINUE)
    if not reason.strip():
        raise Denied(
            "Planning the rest anew needs a reason: say how the host differs from what the plan expects.",
            Action.CONTINUE,
            change,
        )
    why = bound_to(change)
    if why:
        raise Denied(why, Action.CONTINUE, change)
    rest = Change.objects.create(
        **{name: getattr(change, name) for name in ("kind", "params", "title", "ticket", "host", "vm", "requester")},
        reason=f"Continues #{change.pk}: {reason.strip()}",
        editor=actor,
        continues=change,
        planning=True,
    )
    note(actor_of(actor), "change.requested", rest, {"kind": rest.kind, "title": rest.title, "continues": change.pk})
    _end(actor, change, f"The rest is planned anew as #{rest.pk}: {reason.strip()}")
    ring_plan(rest)
    return rest


def bound_to(change: Change) -> str:
    """Why the rest cannot be planned anew, as a sentence; empty where it can, or nothing was begun."""
    begun = StepRun.objects.filter(run__change=change, phase=DO, attempt__gt=0)
    return bound(change.kind, set(begun.values_list("key", flat=True)))


def _end(actor: User, change: Change, reason: str) -> None:
    Run.objects.filter(change=change).update(
        lease_owner="", lease_until=None, ended_at=timezone.now(), log_complete=True
    )
    note(actor_of(actor), "change.close", change, {"reason": reason})
    move(change, State.CLOSED, actor, reason)
    locks_release(change)


def _retry_broken(run: Run) -> None:
    """Steps of the phase that are neither done nor open may be tried again."""
    done = [*STEP_DONE, StepState.UNDONE]
    StepRun.objects.filter(run=run, phase=run.phase, intent_at__isnull=True).exclude(state__in=done).update(
        state=StepState.PENDING, sentence="", ended_at=None
    )
