"""Peers' bug: somebody who manages machines gives one to their own team, and then approves its change as an owner.

Ada administers, and belongs to the team by somebody else's word; Bob belongs to it as well. Whichever way Ada gives the
team a machine, she does not speak for the team on it, at neither door, until Bob has said that it is theirs.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from audit.models import Entry
from changes.models import ApprovalRule, Change
from changes.policies import weighed
from changes.services import Denied, Request, change_approve, change_create, change_submit, plan_store
from changes.states import State
from execution.services import run_request
from inventory.importing.planning import Options
from inventory.imports import import_confirm, import_preview, read_source
from inventory.models import Host, Membership, Owner, Vm
from networking.kind import KIND as BOND
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from people.services import token_issue
from tests.conftest import a_person
from tests.networking import plans as bonds
from tests.pages.scene import Scene, a_host, a_vm

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(db) -> User:
    return a_person("bob", Role.VIEWER)


@pytest.fixture
def team(ada, bob) -> Owner:
    """Ada's own team, and the only rule: one of the owner's people."""
    team = Owner.objects.create(name="Ada's team")
    for user in (ada, bob):
        Membership.objects.create(owner=team, user=user)
    ApprovalRule.objects.update(enabled=False)
    ApprovalRule.objects.create(name="An owner", people_needed=0, owners_needed=1, comment=False)
    return team


@pytest.fixture
def scene(rosa, amir, olu, team) -> Scene:
    a_vm(), a_host()
    return Scene(rosa, amir, olu)


class Door:
    """Ada at her browser, and with her token."""

    def __init__(self, ada: User) -> None:
        self.page = Client()
        self.page.force_login(ada)
        self.headers = {"Authorization": f"Bearer {token_issue(ada, 'peers')[1]}"}

    def form(self, url: str, **values: object) -> int:
        return self.page.post(url, {name: "" if value is None else value for name, value in values.items()}).status_code

    def call(self, method: str, path: str, **body: object) -> int:
        answer = self.page.generic(
            method, f"/api/v1{path}", _json(body), content_type="application/json", headers=self.headers
        )
        return answer.status_code


def _json(body: dict[str, object]) -> str:
    import json

    return json.dumps(body)


VM = {"name": "vm42", "criticality": "critical"}
HOST = {"name": "app01", "address": "192.0.2.11", "port": 22, "user": "regroup", "sudo": "on", "criticality": "normal"}


def edit_vm(door: Door, team: Owner, ada: User) -> None:
    assert door.form("/vms/vm42/edit/", **VM, owner=team.pk) == 302


def edit_host(door: Door, team: Owner, ada: User) -> None:
    assert door.form("/hosts/app01/edit/", **HOST, owner=team.pk) == 302


def patch_host(door: Door, team: Owner, ada: User) -> None:
    assert door.call("PATCH", "/hosts/app01", owner=team.name) == 200


def import_rows(door: Door, team: Owner, ada: User) -> None:
    text = f"name,kind,owner\nvm42,vm,{team.name}\napp01,host,{team.name}\n"
    source, options = read_source("csv", text), Options(False, True)
    import_confirm(source, options, import_preview(source, options).digest, by=actor_of(ada))


def merge_vm(door: Door, team: Owner, ada: User) -> None:
    """The machine is nobody's, and takes over the owner of another entry."""
    Vm.objects.filter(name="vm42").update(owner=None)
    Vm.objects.create(name="other", owner=team)
    assert door.form("/vms/vm42/merge/", gone="other") == 302


def link_vm(door: Door, team: Owner, ada: User) -> None:
    """The host becomes a VM that the team has had for long."""
    vm = Vm.objects.create(name="ours", owner=team)
    assert door.form("/hosts/app01/edit/", **HOST, vm=vm.pk) == 302


def bond_asked() -> Change:
    """A bond on the host, asked for of the VM that it is, as every door does."""
    host, wanted = a_host(), {**bonds.asked(), "host": "app01"}
    rosa, facts = User.objects.get(username="rosa"), bonds.host().to_json()
    change = change_create(rosa, Request(BOND.key, wanted, host.pk, host.vm_id, "A faster port."))
    return plan_store(change, BOND.plan(wanted, facts), facts)


def merge_linked(door: Door, team: Owner, ada: User) -> None:
    """The host's VM is merged into one that the team has had for long."""
    Vm.objects.create(name="ours", owner=team)
    Host.objects.filter(name="app01").update(vm=Vm.objects.create(name="theirs", owner=a_vm().owner))
    assert door.form("/vms/ours/merge/", gone="theirs") == 302


WAYS: dict[Callable[[Door, Owner, User], None], tuple[bool, ...]] = {
    edit_vm: (True,),
    edit_host: (False,),
    patch_host: (False,),
    import_rows: (True, False),
    merge_vm: (True,),
}
"""Each way, and whether it is for a change of the VM or of a host that is concerned alone."""


@pytest.mark.parametrize(("way", "of_vm"), [(way, of) for way, both in WAYS.items() for of in both])
def test_whoever_gave_the_machine_does_not_approve_for_those_who_got_it(scene, team, ada, bob, way, of_vm):
    door = Door(ada)
    way(door, team, ada)
    change = scene.planned()
    if not of_vm:
        Change.objects.filter(pk=change.pk).update(vm=None)
    bob_alone_approves(scene, team, bob, door, change)


@pytest.mark.parametrize("way", [link_vm, merge_linked])
def test_whoever_says_that_a_host_is_their_vm_does_not_approve_a_bond_there(scene, team, bob, ada, way):
    door = Door(ada)
    way(door, team, ada)
    change = bond_asked()
    assert change.vm.name == "ours"
    bob_alone_approves(scene, team, bob, door, change)


def test_a_host_that_is_their_vm_no_more_is_its_own_owners(scene, team, ada, bob):
    nina, door = a_person("nina", Role.VIEWER), Door(ada)
    theirs = a_vm().owner
    Membership.objects.create(owner=theirs, user=nina)
    Host.objects.filter(name="app01").update(owner=theirs)
    link_vm(door, team, ada)
    change = bond_asked()
    assert door.form("/hosts/app01/edit/", **HOST, owner=theirs.pk) == 302
    change = change_submit(scene.rosa, Change.objects.get(pk=change.pk))
    for user in (ada, bob):
        with pytest.raises(Denied, match="Only an owner"):
            change_approve(user, change, change.digest, "mine now")
    assert change_approve(nina, change, change.digest, "ours").state is State.APPROVED


def test_a_bond_approved_while_the_host_was_their_vm_does_not_start_after(scene, team, ada, bob):
    door = Door(ada)
    link_vm(door, team, ada)
    change = change_submit(scene.rosa, bond_asked())
    change = change_approve(bob, change, change.digest, "ours")
    assert door.form("/hosts/app01/edit/", **HOST) == 302
    with pytest.raises(Denied, match="owner"):
        run_request(scene.olu, change)


def bob_alone_approves(scene: Scene, team: Owner, bob: User, door: Door, change: Change) -> None:
    change = change_submit(scene.rosa, Change.objects.get(pk=change.pk))
    assert change.needs.members == {(bob.pk, team.pk)}
    assert door.form(f"/changes/{change.pk}/approve", digest=change.digest, comment="mine now") == 403
    assert door.call("POST", f"/changes/{change.pk}/approve", digest=change.digest, comment="mine now") == 403
    assert Change.objects.get(pk=change.pk).state is State.IN_REVIEW
    assert Entry.objects.filter(action="change.denied", actor_name="ada").count() == 2
    assert change_approve(bob, change, change.digest, "ours").state is State.APPROVED


def test_a_machine_given_after_the_submission_changes_nothing(scene, team, ada, bob):
    nina = a_person("nina", Role.VIEWER)
    Membership.objects.create(owner=a_vm().owner, user=nina)
    change = scene.in_review()
    edit_vm(Door(ada), team, ada)
    for user in (ada, bob):
        with pytest.raises(Denied, match="Only an owner"):
            change_approve(user, change, change.digest, "mine now")
    assert not all(finding.ok for finding in weighed(change))


def test_a_vote_given_before_one_gave_the_machine_away_and_back_counts_no_more(scene, team, ada):
    vm = a_vm()
    Vm.objects.filter(pk=vm.pk).update(owner=team)
    change = scene.in_review()
    change = change_approve(ada, change, change.digest, "ours")
    assert change.state is State.APPROVED
    door = Door(ada)
    assert door.form("/vms/vm42/edit/", **VM, owner=vm.owner_id) == 302
    edit_vm(door, team, ada)
    assert not all(finding.ok for finding in weighed(Change.objects.get(pk=change.pk)))


def test_once_another_of_the_owners_people_says_so_they_approve_again(scene, team, ada, bob, client):
    door = Door(ada)
    edit_vm(door, team, ada)
    door.form("/vms/vm42/answer/", answer="mine")  # their own word is none
    assert a_vm().given_by == ada
    client.force_login(bob)
    client.post("/vms/vm42/answer/", {"answer": "mine"})
    assert a_vm().given_by is None
    change = scene.in_review()
    assert change_approve(ada, change, change.digest, "ours").state is State.APPROVED


def test_the_word_of_an_operator_or_of_a_mail_does_not_lift_it(scene, team, ada, olu, client):
    edit_vm(Door(ada), team, ada)
    client.force_login(olu)
    client.post("/vms/vm42/answer/", {"answer": "mine"})
    assert a_vm().confirmed_by == "olu" and a_vm().given_by == ada


@pytest.mark.parametrize("door", ["page", "api"])
def test_nobody_adds_themselves_to_an_owner_at_either_door(ada, door):
    owner, at = Owner.objects.create(name="Payments"), Door(ada)
    if door == "page":
        assert at.form(f"/owners/{owner.pk}/people/", user=ada.pk) == 422
    else:
        assert at.call("POST", f"/owners/{owner.pk}/people", person="ada") == 422
    assert not owner.memberships.exists()


def test_the_machines_page_says_who_gave_it(team, ada, client, vera):
    a_vm()
    edit_vm(Door(ada), team, ada)
    client.force_login(vera)
    assert "Given to them by" in client.get("/vms/vm42/").content.decode()
