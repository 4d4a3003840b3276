"""Two administrators make one another owners: neither has anything to say about the machine, and together they approve.

Ada asks for the change, Bea adds the people; or the other way round. Whoever was added by somebody of the change
speaks for its owner only a week later.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import ApprovalRule, Change
from changes.policies import policy_for, speakers_for, weighed
from changes.services import Denied, change_approve, change_submit
from inventory.confirming import machine_confirm
from inventory.forms import MembershipForm
from inventory.models import Membership, Owner, Vm
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from tests.conftest import a_person
from tests.pages.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def bea(db) -> User:
    return a_person("bea", Role.ADMINISTRATOR, Role.VIEWER)


@pytest.fixture
def team() -> Owner:
    ApprovalRule.objects.update(enabled=False)
    ApprovalRule.objects.create(name="An owner", people_needed=0, owners_needed=1, comment=False)
    return Owner.objects.create(name="Team")


@pytest.fixture
def change(team, rosa, amir, olu) -> Change:
    """Rosa's, of a VM that is the team's by nobody's deed."""
    made = Scene(rosa, amir, olu).planned()
    Vm.objects.filter(pk=made.vm_id).update(owner=team)
    return Change.objects.get(pk=made.pk)


def add(user: User, team: Owner, by: User) -> Membership:
    form = MembershipForm({"user": user.pk}, instance=Membership(owner=team), by=actor_of(by))
    assert form.is_valid(), form.errors
    member: Membership = form.save()
    return member


def test_whom_the_requester_added_does_not_approve_for_the_owner(change, team, rosa, bea):
    add(bea, team, by=rosa)
    assert not policy_for(change).members
    change = change_submit(rosa, change)
    with pytest.raises(Denied):
        change_approve(bea, change, change.digest, "fine")


def test_whom_somebody_else_added_does_at_once(change, team, rosa, ada, bea):
    add(bea, team, by=ada)
    change = change_submit(rosa, change)
    change_approve(bea, change, change.digest, "fine")
    assert all(finding.ok for finding in weighed(Change.objects.get(pk=change.pk)))


def test_a_week_before_the_change_was_asked_for_it_is_no_matter_who_added_them(change, team, rosa, bea):
    member = add(bea, team, by=rosa)
    for days, speaks in ((6, False), (8, True)):
        Membership.objects.filter(pk=member.pk).update(added_at=change.created_at - timedelta(days=days))
        assert bool(speakers_for(change)) is speaks
    Membership.objects.filter(pk=member.pk).update(added_at=timezone.now(), added_by=None)
    assert speakers_for(change), "from before it was kept"


def test_whoever_starts_it_gains_nothing_by_whom_they_added(change, team, olu, rosa, ada, bea):
    add(bea, team, by=olu)
    change = change_submit(rosa, change)
    change_approve(bea, change, change.digest, "fine")
    now = Change.objects.get(pk=change.pk)
    assert all(finding.ok for finding in weighed(now))
    assert not any(finding.ok for finding in weighed(now, olu.pk))


def test_the_yes_of_whom_the_giver_added_does_not_free_the_giver(change, team, ada, bea):
    """Bea gives the VM to the team and adds Ada; Ada says that it is theirs."""
    Vm.objects.filter(pk=change.vm_id).update(given_by=bea, given_at=timezone.now())
    member = add(ada, team, by=bea)
    vm = Vm.objects.get(pk=change.vm_id)
    machine_confirm(vm, by=actor_of(ada))
    vm.refresh_from_db()
    assert vm.given_by == bea
    Membership.objects.filter(pk=member.pk).update(added_at=timezone.now() - timedelta(days=8))
    machine_confirm(vm, by=actor_of(ada))
    vm.refresh_from_db()
    assert vm.given_by is None
