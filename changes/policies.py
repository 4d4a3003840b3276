"""What the rows say of who must approve: the rules that count for a change, and its approvals weighed anew."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q
from django.utils import timezone

from changes.approval_rules import Finding, Member, Policy, Subject, Vote, frozen, weigh
from changes.kinds import OF_A_VM
from changes.models import Approval, ApprovalRule, Change
from changes.policy import valid_votes
from changes.risks import risks
from inventory.models import Host, Membership, Owner, Vm
from inventory.rights import SETTLED, put_there_by
from people.actor import Actor
from people.models import User
from people.selectors import actors_of

MOST_HELPERS = 50


def subject_of(change: Change) -> Subject:
    """What the rules look at: of the VM concerned, and of every host that the change touches."""
    names = change.the_kind.hosts(change.params)
    hosts = list(Host.objects.filter(name__in=names).select_related("vm"))
    things = [*hosts, *(host.vm for host in hosts if host.vm), *([change.vm] if change.vm else [])]
    owners = {thing.owner_id for thing in things if thing.owner_id}
    plan = change.plan
    return Subject(
        change.kind,
        frozenset(owners),
        frozenset(thing.criticality for thing in things),
        frozenset(thing.site for thing in things if thing.site),
        frozenset().union(*(thing.tag_set for thing in things)),
        risks(plan, change.facts) if plan else frozenset(),
    )


def concerned(change: Change) -> list[Vm | Host]:
    """Whose word counts: of a recovery and of a fetch the lost VM, which is another machine than its host.

    Else the host, after the VM that it is now, which says whose both are; and the VM that it was when it was asked for.
    """
    vm, host = change.vm, change.host
    elsewhere = any(key.startswith(OF_A_VM) for key in change.the_kind.subjects(change.params))
    if vm and elsewhere and vm.pk != host.vm_id:
        return [vm]
    return [*([host.vm] if host.vm else []), host, *([vm] if vm else [])]


def owners_of(change: Change) -> list[int]:
    """Whose machine it is: the VM's owner; of a host that is no VM, the host's."""
    owner = concerned(change)[0].owner_id
    return [owner] if owner else []


def givers_of(change: Change) -> set[int]:
    """Who gave the machine its owner, and so does not speak for that owner on it (`inventory.models.Owned`)."""
    return {thing.given_by_id for thing in concerned(change) if thing.given_by_id}


def speakers_for(change: Change, *triggers: int | None) -> list[Member]:
    """Who may speak for its owner today, once these start it."""
    out = silent_on(change, *triggers)
    return [member for member in members_of(owners_of(change)) if member.user not in out]


def silent_on(change: Change, *triggers: int | None) -> set[int]:
    """Who does not speak for its owner on it: who gave the machine away, and whom somebody put there for their own.

    Whoever asked for the change, edited it last or starts it gains nothing by people whom they added to the owner's
    less than a week before it was asked for, or since.
    """
    involved = {who for who in (change.requester_id, change.editor_id, *triggers) if who is not None}
    put = put_there_by(involved, change.created_at - SETTLED).filter(owner__in=owners_of(change))
    return givers_of(change) | set(put.values_list("user", flat=True))


def members_of(owners: Collection[int], only: Collection[int] | None = None) -> list[Member]:
    """Who may speak for these owners today; with `only`, of these people."""
    rows = Membership.objects.filter(owner__in=owners).select_related("owner")
    today = timezone.localdate()
    days = Q(since__isnull=True) | Q(since__lte=today), Q(until__isnull=True) | Q(until__gte=today)
    rows = rows.filter(Q(deputy=False) | (days[0] & days[1]))
    return [_member(row) for row in (rows if only is None else rows.filter(user__in=only))]


def _member(row: Membership) -> Member:
    return Member(row.user_id, row.owner_id, row.deputy, row.owner.kind == Owner.Kind.PERSON)


def policy_for(change: Change) -> Policy:
    """The rules that count for the change as it is now, to be frozen into it."""
    rows = ApprovalRule.objects.filter(enabled=True).prefetch_related("owners", "named")
    subject = subject_of(change)
    policy = frozen(((row.scope, row.rule) for row in rows), subject, ())
    if not any(rule.owners for rule in policy.rules):
        return policy
    speaking = Membership.objects.filter(owner__in=owners_of(change)).exclude(user__in=silent_on(change))
    return Policy(policy.rules, frozenset(speaking.values_list("user", "owner")))


def weighed(change: Change, *triggers: int | None, helpers: bool = False) -> list[Finding]:
    """The frozen policy against the approvals, each approver as they are at this moment.

    triggers  who starts it, or goes on with it: none of them counts
    helpers   look up who could help as well
    """
    needs, case = change.needs, change.case()
    rows = list(change.approvals.filter(decision=Approval.APPROVED, digest=change.digest))
    voters = {actor.id: actor for actor in actors_of(User.objects.filter(pk__in=[row.approver_id for row in rows]))}
    votes = [Vote(voters[row.approver_id], row.digest, row.at) for row in rows]
    for trigger in triggers or (None,):
        votes = valid_votes(votes, case, trigger)
    members = speakers_for(change, *triggers) if needs.members else []
    involved = {case.requester, case.editor, *triggers}
    found = weigh(needs, votes, members, timezone.now(), involved)
    if not helpers or all(finding.ok for finding in found):
        return found
    return weigh(needs, votes, members, timezone.now(), involved, _helpers(needs))


def _helpers(needs: Policy) -> list[Actor]:
    roles = {rule.role for rule in needs.rules if rule.people and not rule.named}
    people = {one for rule in needs.rules for one in rule.named} | {user for user, _ in needs.members}
    found = User.objects.filter(Q(groups__name__in=roles) | Q(pk__in=people), is_active=True).distinct()
    return actors_of(found.order_by("username")[:MOST_HELPERS])
