"""Attaching and detaching an old disk by the site's own commands: who may, when, and what the audit says."""

from __future__ import annotations

from django.conf import settings

from changes.history import note
from changes.models import Change
from changes.policy import Action, may
from changes.services import Denied
from changes.states import State
from execution.services import run_confirm, run_of
from execution.starting import hold
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from recovery.attach import AttachFailed, run_site_command
from recovery.handback.planner import KIND as HAND_BACK
from recovery.planner import KIND as RECOVERY

STILL_NEEDED = "The disk is given back when the undo or the hand back has ended; until then the host may need it."


LEFT = {RECOVERY: State.UNDONE, HAND_BACK: State.SUCCEEDED}
"""Kind of change → the state in which its host has let go of the disk."""


def is_left(change: Change) -> bool:
    """Whether the host has let go of the disk, so that it may be detached."""
    return change.state is LEFT.get(change.kind)


def disk_attach(actor: User, change: Change) -> None:
    """Attach the disk that the run waits for, and confirm that it is there. Raises Denied, AttachFailed, Moved."""
    decision = may(Action.CONFIRM, actor_of(actor), change.case())
    if not decision.allowed:
        raise Denied(decision.reason, Action.CONFIRM, change)
    if no := hold(change, actor.pk, run_of(change).started_by_id):
        raise Denied(f"{no} The disk is not attached before; the run stays parked.", Action.CONFIRM, change)
    _site(actor, change, settings.ATTACH_COMMAND, "change.attach")
    run_confirm(actor, change)


def disk_detach(actor: User, change: Change) -> None:
    """Give the disk back after the undo or the hand back. Raises Denied, AttachFailed."""
    if Role.OPERATOR not in actor_of(actor).roles:
        raise Denied("Only an operator may do this.", "detach", change)
    if not is_left(change):
        raise Denied(STILL_NEEDED, "detach", change)
    _site(actor, change, settings.DETACH_COMMAND, "change.detach")


def _site(actor: User, change: Change, template: str, action: str) -> None:
    """Run a site's command for the change, audited before and, if it fails, after."""
    if not template:
        raise AttachFailed("This site has set no such command; do it at the hypervisor.")
    names = {"host": change.host.name, "vm": str(change.params["vm"])}
    note(actor_of(actor), action, change, names)
    try:
        run_site_command(template, **names)
    except AttachFailed as failed:
        note(actor_of(actor), f"{action}_failed", change, {**names, "reason": str(failed)})
        raise
