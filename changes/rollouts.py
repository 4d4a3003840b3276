"""What is decided about a rollout: many changes, one approval for the lot, each with its own plan in it.

Each act goes through the acts on the single changes, so that nobody may do to many what they may not do to one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from audit.services import SYSTEM, record
from changes.models import Change, Rollout, RolloutPart
from changes.policy import STATES, Action, may, may_request
from changes.rights import changes_seen_by
from changes.rollout_states import HOLDS_PARTS, ROLLOUT_LABELS, RolloutState, check_rollout_move
from changes.services import Denied, Moved, change_approve, change_reject, change_submit, change_withdraw, deciding
from changes.states import State
from changes.waves import Member, waves
from people.actor import Actor
from people.models import User
from people.roles import Role
from people.selectors import actor_of

MOST = 200
"""Changes in one rollout."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rollout is made of. Its changes are the asker's own, not submitted yet, one for each host."""

    title: str
    reason: str
    changes: Sequence[Change]
    wave_size: int = 3
    ticket: str = ""


@deciding
def rollout_create(actor: User, wanted: Wanted) -> Rollout:
    """A draft with its waves laid: one host first, then at most `wave_size`, never both of a pair. Raises Denied."""
    decision = may_request(actor_of(actor))
    said = "" if decision.allowed else decision.reason
    said = said or _unfit(actor, wanted)
    if said:
        raise Denied(said, "request", None)
    by_host = {change.host.name: change for change in wanted.changes}
    members = [Member(change.host.name, change.host.pair) for change in wanted.changes]
    rollout = Rollout.objects.create(
        title=wanted.title[:200],
        reason=wanted.reason,
        ticket=wanted.ticket,
        requester=actor,
        wave_size=wanted.wave_size,
    )
    for number, wave in enumerate(waves(members, wanted.wave_size), 1):
        for member in wave:
            RolloutPart.objects.create(rollout=rollout, change=by_host[member.name], wave=number)
    rollout_note(actor, "rollout.requested", rollout, {"changes": sorted(change.pk for change in wanted.changes)})
    return rollout


def _unfit(actor: User, wanted: Wanted) -> str:
    """Why these changes make no rollout, as a sentence; empty if they do."""
    if not wanted.reason.strip():
        return "Say why; an approver has nothing else to go by."
    if not 2 <= len(wanted.changes) <= MOST:
        return f"A rollout has 2 to {MOST} changes; this one would have {len(wanted.changes)}."
    if not 1 <= wanted.wave_size <= MOST:
        return f"A wave has 1 to {MOST} hosts, not {wanted.wave_size}."
    hosts = [change.host_id for change in wanted.changes]
    for change in wanted.changes:
        if change.requester_id != actor.pk:
            return f"Change #{change.number} was asked for by somebody else; a rollout is made of your own changes."
        if change.state not in (State.DRAFT, State.PLANNED, State.REFUSED):
            return (
                f"Change #{change.number} is {change.label.word}; a rollout takes changes that are not submitted yet."
            )
        if hosts.count(change.host_id) > 1:
            return f"{change.host.name} is changed twice; a rollout has one change for each host."
        if held_by(change):
            return f"Change #{change.number} is part of a rollout already."
    return ""


def held_by(change: Change) -> Rollout | None:
    """The rollout that starts this change in its turn, if there is one."""
    part = getattr(change, "part", None)
    return part.rollout if part and part.rollout.state in HOLDS_PARTS else None


def parts_of(rollout: Rollout) -> list[RolloutPart]:
    """In the order of the waves."""
    return list(rollout.parts.select_related("change__host", "change__requester"))


def parts_seen_by(actor: Actor, parts: Sequence[RolloutPart]) -> list[RolloutPart]:
    """Those of the parts whose change the person sees; one query at most."""
    if actor.sees_all:
        return list(parts)
    seen = changes_seen_by(actor).filter(pk__in=[part.change_id for part in parts]).values_list("pk", flat=True)
    known = set(seen)
    return [part for part in parts if part.change_id in known]


def sentence_for(rollout: Rollout, shown: Sequence[RolloutPart], parts: Sequence[RolloutPart]) -> str:
    """Why it stopped, for whoever sees `shown` of its parts: it may speak of one of the others."""
    if len(shown) == len(parts) or not rollout.sentence:
        return rollout.sentence
    return "Whoever asked for it knows why."


def digest_of(parts: Sequence[RolloutPart]) -> str:
    """sha256 over each part's number, digest and wave, in order: what one approval of the lot names."""
    rows = [[part.wave, part.change_id, part.change.digest] for part in parts]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


@deciding
def rollout_submit(actor: User, rollout: Rollout) -> Rollout:
    """Submit every part. Raises Denied while one is not planned."""
    rollout = locked(rollout)
    for part in parts_of(rollout):
        if part.change.state is not State.PLANNED:
            raise Denied(
                f"#{part.change_id} on {part.change.host.name} is {part.change.label.word}, so the lot cannot be"
                " submitted. Mend it, or take it out.",
                "submit",
                None,
            )
        change_submit(actor, part.change)
    Rollout.objects.filter(pk=rollout.pk).update(digest=digest_of(parts_of(rollout)))
    return rollout_move(rollout, RolloutState.IN_REVIEW, actor, "Submitted for approval")


@deciding
def rollout_drop(actor: User, rollout: Rollout, number: int) -> None:
    """Take a change out of a draft; it stays as a change of its own. The waves are laid anew."""
    rollout = locked(rollout)
    if rollout.state is not RolloutState.DRAFT or rollout.requester_id != actor.pk:
        raise Denied("Only whoever asked for a rollout may take changes out of it, while it is a draft.", "edit", None)
    left = [part.change for part in parts_of(rollout) if part.change_id != number]
    if len(left) < 2:
        raise Denied("A rollout has at least 2 changes. Withdraw it instead.", "edit", None)
    by_host = {change.host.name: change for change in left}
    rollout.parts.all().delete()
    members = [Member(change.host.name, change.host.pair) for change in left]
    for wave_number, wave in enumerate(waves(members, rollout.wave_size), 1):
        for member in wave:
            RolloutPart.objects.create(rollout=rollout, change=by_host[member.name], wave=wave_number)
    rollout_note(actor, "rollout.edited", rollout, {"without": number})


@deciding
def rollout_approve(actor: User, rollout: Rollout, digest: str, comment: str) -> Rollout:
    """One yes to the lot: an approval of the digest of each part on which this person has a say.

    With the last one that the parts' policies ask for, the lot is approved. Raises Denied, or Moved where a plan is
    another.
    """
    rollout = locked(rollout)
    parts = parts_of(rollout)
    undecided = [part for part in parts if part.change.state is not State.APPROVED]  # some were, by themselves
    who = actor_of(actor)
    asked = {part.pk: may(Action.APPROVE, who, part.change.case(part.change.voters())) for part in undecided}
    theirs = [part for part in undecided if asked[part.pk].allowed]
    if undecided and not theirs:
        raise Denied(asked[undecided[0].pk].reason, Action.APPROVE, undecided[0].change)
    if not undecided:
        _must_have_a_say(who, parts, Action.APPROVE)
    if digest != rollout.digest or digest_of(parts) != rollout.digest:
        raise Moved("A plan in this rollout has changed since you read it; read it again before you approve.")
    for part in theirs:
        change_approve(
            actor, part.change, part.change.digest, f"{comment.strip()} ({rollout})" if comment.strip() else ""
        )
    if any(part.change.state is not State.APPROVED for part in parts_of(rollout)):
        return rollout
    return rollout_move(rollout, RolloutState.APPROVED, actor, comment.strip())


@deciding
def rollout_reject(actor: User, rollout: Rollout, comment: str) -> Rollout:
    """One no to the lot. What was approved by itself before stays as it is, and is no part of anything any more."""
    rollout = locked(rollout)
    parts = parts_of(rollout)
    undecided = [part for part in parts if part.change.state is not State.APPROVED]
    if not undecided:
        _must_have_a_say(actor_of(actor), parts, Action.REJECT)
        if not comment.strip():
            raise Denied("A rejection needs a comment: say what should be different.", Action.REJECT, None)
    for part in undecided:
        change_reject(actor, part.change, comment)
    return rollout_move(rollout, RolloutState.REJECTED, actor, comment.strip())


@deciding
def rollout_withdraw(actor: User, rollout: Rollout) -> Rollout:
    """Withdraw every part that can still be withdrawn, which may be none: only for whoever asked, or administers."""
    rollout, who = locked(rollout), actor_of(actor)
    if not who.may(Role.ADMINISTRATOR) and not (who.id == rollout.requester_id and who.may(Role.REQUESTER)):
        raise Denied("Only the requester, or an administrator, may do this.", Action.WITHDRAW, None)
    for part in parts_of(rollout):
        if part.change.state not in STATES[Action.WITHDRAW]:
            continue
        change_withdraw(actor, part.change, f"With {rollout}")
    return rollout_move(rollout, RolloutState.WITHDRAWN, actor, "Withdrawn")


def _must_have_a_say(who: Actor, parts: Sequence[RolloutPart], action: Action) -> None:
    """Raises Denied. Where each part was decided by itself no part is left that would ask who this is."""
    said = [may(Action.APPROVE, who, part.change.case()) for part in parts]
    if not any(one.allowed for one in said):
        raise Denied(said[0].reason, action, None)


def locked(rollout: Rollout) -> Rollout:
    """The rollout's row, locked and fresh."""
    return Rollout.objects.select_for_update().get(pk=rollout.pk)


def rollout_move(rollout: Rollout, new: RolloutState, actor: User | None, sentence: str = "") -> Rollout:
    """Compare-and-swap from the state that `rollout` was read in. Raises Moved or IllegalMove."""
    old = rollout.state
    check_rollout_move(old, new)
    with transaction.atomic():
        values = {"status": new, "sentence": sentence, "updated_at": timezone.now()}
        if Rollout.objects.filter(pk=rollout.pk, status=old).update(**values) != 1:
            raise Moved(f"Rollout #{rollout.pk} is no longer {ROLLOUT_LABELS[old].word}; look at it again.")
        rollout_note(actor, "rollout.moved", rollout, {"old": old, "new": new, "reason": sentence})
    rollout.refresh_from_db()
    return rollout


def rollout_note(actor: User | None, action: str, rollout: Rollout, detail: dict[str, object]) -> None:
    """One audit entry about a rollout; no actor means that Regroup itself did it."""
    who = actor_of(actor) if actor else None
    record(
        action,
        actor_id=who.id if who else None,
        actor_name=who.username if who else SYSTEM,
        kind="rollout",
        object_id=rollout.pk,
        label=str(rollout),
        detail=detail,
    )
