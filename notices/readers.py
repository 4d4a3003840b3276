"""To whom something is told: whoever can take the next step now, and sees what it is about."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q, QuerySet

from changes.glass import may_review, may_stand_in
from changes.going import going_by
from changes.models import Change, Glass
from changes.policy import STATES, Action, may
from changes.rights import changes_seen_by
from changes.slots import slot_of
from changes.states import State
from inventory.models import Host
from inventory.rights import hosts_seen_by, memberships
from inventory.states import KeyState
from notices.hearing import SLOT, slot_over
from notices.kinds import Kind
from notices.models import Happening
from people.actor import Actor
from people.models import User
from people.roles import Role
from people.selectors import actors_of

NEXT: dict[State, Action] = {
    State.IN_REVIEW: Action.APPROVE,
    State.APPROVED: Action.RUN,
    State.WAITING: Action.CONFIRM,
    State.FAILED: Action.RESUME,
    State.UNKNOWN: Action.PROBE,
    State.UNDO_FAILED: Action.UNDO,
}

ROLES: dict[Kind, tuple[Role, ...]] = {
    Kind.GLASS: (Role.APPROVER, Role.OPERATOR, Role.ADMINISTRATOR),
    Kind.WINDOW: (Role.OPERATOR,),
    Kind.RUN: (Role.OPERATOR,),
    Kind.WAITING: (Role.OPERATOR,),
    Kind.BOND: (Role.REQUESTER, Role.OPERATOR),
    Kind.READINESS: (Role.REQUESTER, Role.OPERATOR),
    Kind.KEY: (Role.OPERATOR, Role.ADMINISTRATOR),
}


def readers(one: Happening) -> list[User]:
    """Everybody who can do something about it now and has an e-mail address, by name; never who did it."""
    users = (
        _asked(one).filter(is_active=True).exclude(email="").exclude(pk=one.by_id or 0).order_by("username").distinct()
    )
    able = {actor.id for actor in actors_of(users) if can_act(one, actor)}
    return [user for user in users if user.pk in able]


def can_act(one: Happening, actor: Actor) -> bool:
    """Whether this person can take the next step now, and sees what it is about."""
    return actor.active and actor.id != one.by_id and TESTS[Kind(one.kind)](one, actor)


def _asked(one: Happening) -> QuerySet[User]:
    """Whom to look at; `can_act` decides."""
    kind = Kind(one.kind)
    if kind is Kind.OWNERSHIP:
        return User.objects.filter(pk__in=memberships().filter(owner=one.owner_id).values("user"))
    if kind is not Kind.APPROVAL:
        return User.objects.filter(groups__name__in=ROLES[kind])
    assert one.change is not None  # noqa: S101 - written by hear_change
    needs = one.change.needs
    people = {person for rule in needs.rules for person in rule.named} | {person for person, _ in needs.members}
    return User.objects.filter(Q(groups__name__in=needs.roles) | Q(pk__in=people))


def _change_waits(one: Happening, actor: Actor) -> bool:
    change = Change.objects.filter(pk=one.change_id or 0).select_related("slot").first()
    if change is None or not _still(one, change):
        return False
    voted = change.voters() if change.state is State.IN_REVIEW else frozenset()
    allowed = may(NEXT[change.state], actor, change.case(voted)).allowed
    return allowed and changes_seen_by(actor).filter(pk=change.pk).exists()


def _still(one: Happening, change: Change) -> bool:
    """Whether the change is where it was when that was written."""
    if one.kind == Kind.APPROVAL:
        return change.state is State.IN_REVIEW and change.digest == one.subject
    if one.kind == Kind.RUN:
        return change.state == one.subject
    if one.kind == Kind.WAITING:
        return change.state is State.WAITING and (not one.subject.startswith(SLOT) or one.subject == slot_over(change))
    slot = slot_of(change)
    return change.state is State.APPROVED and slot is not None and slot.starts.isoformat() == one.subject


def _glass_waits(one: Happening, actor: Actor) -> bool:
    """For a second person who may be one, or for a review by somebody who had no part in it."""
    glass = Glass.objects.filter(pk=int(one.subject)).select_related("change").first()
    if glass is None or not changes_seen_by(actor).filter(pk=glass.change_id).exists():
        return False
    if glass.used_at is not None:
        return glass.owes_review and may_review(actor, glass.parties).allowed
    change = glass.change
    asked = glass.decided_at is None and glass.digest == change.digest and change.state in STATES[Action.GLASS]
    superuser = User.objects.filter(pk=actor.id, is_superuser=True).exists()
    return asked and may_stand_in(actor, change.case(), glass.asked_by_id, superuser, going_by(change)).allowed


def _key_waits(one: Happening, actor: Actor) -> bool:
    if not actor.may(*ROLES[Kind.KEY]) or not hosts_seen_by(actor).filter(pk=one.host_id or 0).exists():
        return False
    states = set(Host.objects.get(pk=one.host_id or 0).keys.values_list("state", flat=True))
    return {KeyState.TRUSTED.value, KeyState.PENDING.value} <= states


def _sees_the_host(one: Happening, actor: Actor) -> bool:
    return actor.may(*ROLES[Kind(one.kind)]) and hosts_seen_by(actor).filter(pk=one.host_id or 0).exists()


def _is_so_still(one: Happening, actor: Actor) -> bool:
    """Of a host that was mended before the mail went out only that is told, and the other way round."""
    newer = Happening.objects.filter(kind=one.kind, host=one.host_id or 0, pk__gt=one.pk)
    return _sees_the_host(one, actor) and not newer.exists()


def _speaks_for_owner(one: Happening, actor: Actor) -> bool:
    return memberships().filter(owner=one.owner_id, user=actor.id).exists()


TESTS: dict[Kind, Callable[[Happening, Actor], bool]] = {
    Kind.APPROVAL: _change_waits,
    Kind.GLASS: _glass_waits,
    Kind.WINDOW: _change_waits,
    Kind.RUN: _change_waits,
    Kind.WAITING: _change_waits,
    Kind.BOND: _sees_the_host,
    Kind.READINESS: _is_so_still,
    Kind.KEY: _key_waits,
    Kind.OWNERSHIP: _speaks_for_owner,
}
