"""Who must approve, from the rows to the run: frozen at the submission, asked again at the gate, on every path.

Named after what went wrong in other houses.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from changes.models import Approval, ApprovalRule, Change
from changes.policies import weighed
from changes.services import (
    Denied,
    change_approve,
    change_edit,
    change_reject,
    change_replan,
    change_submit,
    change_withdraw,
)
from changes.services import Request as Wish
from changes.states import State
from execution import engine, services
from inventory.models import Membership, Owner, Vm
from people.models import User
from people.roles import Role
from people.services import role_grant, role_revoke
from tests.conftest import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def bea(db) -> User:
    return a_person("bea", Role.APPROVER)


@pytest.fixture
def vic(db) -> User:
    return a_person("vic", Role.VIEWER)


@pytest.fixture
def owner(toyhost, vic) -> Owner:
    """The toy host is a VM that Vic owns."""
    owner = Owner.objects.create(name="Toy team")
    Membership.objects.create(owner=owner, user=vic)
    toyhost.vm = Vm.objects.create(name="toyvm", owner=owner)
    toyhost.save()
    return owner


@pytest.fixture
def rule(db) -> Callable[..., ApprovalRule]:
    """The only rule there is."""

    def rule(**fields) -> ApprovalRule:
        ApprovalRule.objects.update(enabled=False)
        return ApprovalRule.objects.create(**{"name": f"Rule {ApprovalRule.objects.count()}", **fields})

    return rule


@pytest.fixture
def submitted(request_toy, rosa) -> Callable[..., Change]:
    def submit(*steps: str) -> Change:
        return again(change_submit(rosa, request_toy(*(steps or ("a",)))))

    return submit


def again(change: Change) -> Change:
    return Change.objects.get(pk=change.pk)


def approve(who: User, change: Change) -> Change:
    return again(change_approve(who, again(change), change.digest, "read it"))


def gated(change: Change) -> Change:
    engine.look(change.pk)
    return again(change)


def refusals(action: str) -> list[str]:
    rows = Entry.objects.filter(action="change.denied", detail__action=action)
    return [row.detail["reason"] for row in rows]


def test_where_no_rule_counts_nothing_is_submitted(request_toy, rosa):
    ApprovalRule.objects.update(enabled=False)
    change = request_toy("a")
    with pytest.raises(Denied, match="No policy says who must approve"):
        change_submit(rosa, change)
    assert again(change).state is State.PLANNED and refusals("submit")


def test_a_new_database_asks_for_one_approver(submitted, amir):
    assert [row.name for row in ApprovalRule.objects.all()] == ["One approver"]
    assert approve(amir, submitted()).state is State.APPROVED


def test_with_two_approvers_the_first_leaves_it_in_review(submitted, rule, amir, bea):
    rule(people_needed=2)
    change = approve(amir, submitted())
    assert change.state is State.IN_REVIEW
    (finding,) = weighed(change, helpers=True)
    assert "1 of 2 by an approver" in finding.reason and finding.help == "Bea can approve it as an approver."
    assert approve(bea, change).state is State.APPROVED


def test_an_owner_and_an_approver_see_it_through(submitted, rule, owner, amir, vic, olu, journal):
    rule(owners_needed=1)
    change = approve(vic, approve(amir, submitted()))
    assert change.state is State.APPROVED
    services.run_request(olu, change)
    assert gated(change).state is State.SUCCEEDED and journal() == ["a"]


def test_who_does_not_own_it_is_refused(submitted, rule, owner, mallory, vera):
    rule(people_needed=0, owners_needed=1)
    change = submitted()
    for who in (mallory, vera):
        with pytest.raises(Denied, match="Only an owner of the VM may decide this"):
            approve(who, change)


def test_a_denied_change_runs_not(submitted, rule, amir, bea, olu, journal):
    rule(people_needed=2)
    change = approve(amir, submitted())
    change = again(change_reject(bea, change, "not tonight"))
    with pytest.raises(Denied):
        services.run_request(olu, change)
    with pytest.raises(Denied):
        approve(bea, change)
    assert gated(change).state is State.REJECTED and journal() == []


def test_ownership_taken_after_the_submission_approves_nothing(submitted, rule, owner, mallory, toyhost):
    """Neither by joining the owner, nor by handing the machine to somebody else."""
    rule(people_needed=0, owners_needed=1)
    change = submitted()
    Membership.objects.create(owner=owner, user=mallory)
    with pytest.raises(Denied):
        approve(mallory, change)
    taken = Owner.objects.create(name="Mallory")
    Membership.objects.create(owner=taken, user=mallory)
    Vm.objects.update(owner=taken)
    with pytest.raises(Denied):
        approve(mallory, change)


def test_an_owner_no_more_at_the_gate_stops_it_with_the_reason(submitted, rule, owner, vic, olu, journal):
    rule(name="Owners", people_needed=0, owners_needed=1)
    change = approve(vic, submitted())
    services.run_request(olu, change)
    Membership.objects.all().delete()
    change = gated(change)
    assert (change.state, journal()) == (State.BLOCKED, [])
    assert "Approval: Owners." in change.transitions.last().reason
    assert Entry.objects.filter(action="change.gate_refused", object_id=str(change.pk)).exists()


@pytest.mark.parametrize(("days", "counts"), [(-1, False), (0, True), (1, True)])
def test_a_deputy_counts_until_the_last_day(submitted, rule, owner, bea, days, counts):
    role_revoke(bea, Role.APPROVER)
    until = timezone.localdate() + timedelta(days=days)
    Membership.objects.create(owner=owner, user=bea, deputy=True, until=until)
    rule(people_needed=0, owners_needed=1)
    assert approve(bea, submitted()).state is (State.APPROVED if counts else State.IN_REVIEW)


def test_editing_a_policy_moves_no_open_request(submitted, rule, amir, olu, journal):
    one = rule()
    open_one, approved_one = submitted("a"), approve(amir, submitted("b"))
    one.people_needed, one.role = 5, "administrator"
    one.save()
    rule(name="Nobody", people_needed=9)
    assert approve(amir, open_one).state is State.APPROVED
    services.run_request(olu, approved_one)
    assert gated(approved_one).state is State.SUCCEEDED


def test_a_policy_made_laxer_frees_no_open_request(submitted, rule, amir):
    one = rule(people_needed=2)
    change = submitted()
    one.people_needed = 1
    one.save()
    assert approve(amir, change).state is State.IN_REVIEW


def test_a_vote_is_not_counted_twice(submitted, rule, amir):
    rule(people_needed=2)
    change = approve(amir, submitted())
    with pytest.raises(Denied, match="You have approved this plan already"):
        approve(amir, change)
    assert Approval.objects.count() == 1


def test_a_vote_does_not_count_on_the_wrong_seat_through_the_other_door(submitted, rule, owner, vic, amir):
    """An owner is no approver, and one who is both fills one seat."""
    rule(owners_needed=1)
    change = approve(vic, submitted())
    assert change.state is State.IN_REVIEW
    Membership.objects.create(owner=owner, user=amir)
    other = approve(amir, submitted("b"))
    assert other.state is State.IN_REVIEW
    assert approve(vic, other).state is State.APPROVED


def test_a_queued_but_cancelled_run_does_not_start_after_a_restart(queued_toy, rosa, journal):
    change = queued_toy("a")
    change_withdraw(rosa, change)
    for _ in range(2):
        assert gated(change).state is State.WITHDRAWN
    assert journal() == []


def test_another_plan_needs_new_votes(submitted, rule, amir, bea, rosa, olu, world):
    rule(people_needed=2)
    change = approve(bea, approve(amir, submitted()))
    services.run_request(olu, change)
    (world / "colour").write_text("blue\n")
    change_replan(rosa, gated(change))
    engine.plan(change.pk)
    change = again(change_submit(rosa, again(change)))
    assert approve(amir, change).state is State.IN_REVIEW


def test_an_edit_freezes_the_rules_of_its_own_day(submitted, rule, amir, rosa, toyhost):
    change = submitted()
    rule(people_needed=2)
    change_edit(rosa, change, Wish("toy", change.params, toyhost.pk, None, "another reason"))
    engine.plan(change.pk)
    change = again(change_submit(rosa, again(change)))
    assert approve(amir, change).state is State.IN_REVIEW


def test_an_approval_lapses_and_the_same_person_may_give_it_anew(submitted, rule, amir, olu, journal):
    rule(hours=24)
    change = approve(amir, submitted())
    Approval.objects.update(at=timezone.now() - timedelta(hours=25))
    with pytest.raises(Denied, match="Amir approved too long ago"):
        services.run_request(olu, change)
    assert refusals("run")
    change = approve(amir, change)
    services.run_request(olu, change)
    assert gated(change).state is State.SUCCEEDED


def test_it_lapses_in_the_queue_too(submitted, rule, amir, olu, journal):
    rule(hours=24)
    change = approve(amir, submitted())
    services.run_request(olu, change)
    Approval.objects.update(at=timezone.now() - timedelta(hours=25))
    assert (gated(change).state, journal()) == (State.BLOCKED, [])


def test_a_resume_asks_the_policy_again(submitted, amir, bea, olu):
    change = approve(amir, submitted("a", "bad"))
    services.run_request(olu, change)
    change = gated(change)
    assert change.state is State.FAILED
    role_revoke(amir, Role.APPROVER)
    with pytest.raises(Denied, match="Nobody who may has approved this plan yet"):
        services.run_resume(olu, change)
    assert refusals("resume")
    services.run_resume(olu, approve(bea, change))
    assert again(change).state is State.RUNNING


def test_whoever_resumes_is_not_among_the_approvers(submitted, amir, olu):
    change = approve(amir, submitted("bad"))
    services.run_request(olu, change)
    change = gated(change)
    role_grant(amir, Role.OPERATOR)
    with pytest.raises(Denied, match="not among its approvers"):
        services.run_resume(amir, change)


def test_an_undo_needs_no_new_approval(submitted, amir, olu, journal):
    """It was approved with the plan, and a way back that is shut helps nobody."""
    change = approve(amir, submitted("a", "bad"))
    services.run_request(olu, change)
    change = gated(change)
    role_revoke(amir, Role.APPROVER)
    services.run_undo(olu, change)
    assert gated(change).state is State.UNDONE and journal() == []


def test_the_rest_planned_anew_needs_approvals_of_its_own(submitted, amir, olu, rosa):
    change = approve(amir, submitted("a", "bad"))
    services.run_request(olu, change)
    rest = services.run_continue(olu, gated(change), "mended by hand")
    engine.plan(rest.pk)
    with pytest.raises(Denied):
        services.run_request(olu, again(rest))
    rest = again(change_submit(rosa, again(rest)))
    assert [one.ok for one in weighed(rest)] == [False]


def test_a_comment_is_asked_for_where_a_rule_does(submitted, rule, amir):
    rule(comment=False)
    change = submitted()
    assert change_approve(amir, change, change.digest, "").state is State.APPROVED


def test_rules_count_by_owner_criticality_tag_and_site(submitted, rule, owner, amir):
    Vm.objects.update(criticality="critical", tags="db web", site="lab")
    rule(name="Critical", criticality=["critical"], tags=["db"], sites=["lab"], people_needed=2).owners.add(owner)
    assert approve(amir, submitted()).state is State.IN_REVIEW
    Vm.objects.update(tags="web")
    ApprovalRule.objects.create(name="All else", role="approver")
    assert approve(amir, submitted("b")).state is State.APPROVED


def test_a_superuser_is_nobody_without_the_role(submitted):
    root = User.objects.create_superuser("root", password="x")  # noqa: S106  # nobody signs in by it
    with pytest.raises(Denied, match="Only an approver"):
        approve(root, submitted())
