"""A requester and nothing else sees what their owners have, what they asked for, and what they are asked to decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import Change, Decider
from changes.rights import changes_seen_by, rollouts_seen_by
from inventory.models import Host, Membership, Owner, Vm
from inventory.rights import hosts_seen_by, owners_seen_by, vms_seen_by
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from people.services import role_grant


def names(rows) -> set[str]:
    return set(rows.values_list("name", flat=True))


def test_machines_and_owners_are_those_of_their_owners(world, mina):
    assert names(hosts_seen_by(mina)) == {"ledger-host"}
    assert names(vms_seen_by(mina)) == {"ledger-vm"}
    assert names(owners_seen_by(mina)) == {"Ledger team"}


def test_a_host_that_is_a_vm_is_its_vms_owners(world, mina):
    Host.objects.create(name="ledger-inside", address="10.0.0.1", vm=world.mine.vm)
    Host.objects.create(name="shop-inside", address="10.0.0.2", vm=world.theirs.vm, owner=world.mine.owner)
    assert names(hosts_seen_by(mina)) == {"ledger-host", "ledger-inside"}


def test_what_nobody_owns_is_not_seen(world, mina):
    Host.objects.create(name="stray", address="10.0.0.3")
    Vm.objects.create(name="stray-vm")
    assert "stray" not in names(hosts_seen_by(mina)) | names(vms_seen_by(mina))


@pytest.mark.parametrize(("since", "until", "sees"), [(0, 0, True), (-3, None, True), (1, 9, False), (-9, -1, False)])
def test_a_deputy_sees_on_the_days_named(world, since, until, sees):
    days = {"since": timezone.localdate() + timedelta(days=since)}
    days["until"] = None if until is None else timezone.localdate() + timedelta(days=until)
    Membership.objects.filter(user=world.people["dan"], owner=world.theirs.owner).update(**days)
    assert hosts_seen_by(actor_of(world.people["dan"])).filter(name="shop-host").exists() is sees


@pytest.mark.parametrize("who", ["vera", "rosa", "amir", "olu", "ada"])
def test_every_other_role_sees_everything(world, who):
    actor = actor_of(world.people[who])
    assert hosts_seen_by(actor).count() == Host.objects.count()
    assert changes_seen_by(actor).count() == Change.objects.count()
    assert owners_seen_by(actor).count() == Owner.objects.count()


def test_a_second_role_opens_everything_and_switching_off_closes_all(world):
    user = world.people["mina"]
    role_grant(user, Role.OPERATOR)
    assert hosts_seen_by(actor_of(user)).filter(name="shop-host").exists()
    User.objects.filter(pk=user.pk).update(is_active=False)
    gone = actor_of(User.objects.get(pk=user.pk))
    assert not hosts_seen_by(gone).exists() and not changes_seen_by(gone).exists()


def test_changes_are_those_on_their_machines(world, mina):
    seen = set(changes_seen_by(mina).values_list("pk", flat=True))
    assert world.mine.change.pk in seen and world.theirs.change.pk not in seen


@pytest.mark.parametrize("field", ["host", "vm"])
def test_one_machine_of_theirs_is_enough(world, mina, field):
    Change.objects.filter(pk=world.theirs.change.pk).update(**{field: getattr(world.mine, field)})
    assert changes_seen_by(mina).filter(pk=world.theirs.change.pk).exists()


def test_what_they_asked_for_stays_theirs_when_the_machine_is_not(world, mina):
    Change.objects.filter(pk=world.theirs.change.pk).update(requester=mina.id)
    assert changes_seen_by(mina).filter(pk=world.theirs.change.pk).exists()
    assert not hosts_seen_by(mina).filter(name="shop-host").exists()


@pytest.mark.parametrize("by", ["name", "role"])
def test_whoever_is_asked_to_decide_sees_what_about(world, mina, by):
    told = {"user": world.people["mina"]} if by == "name" else {"role": Role.REQUESTER}
    Decider.objects.create(change=world.theirs.change, **told)
    assert changes_seen_by(mina).filter(pk=world.theirs.change.pk).exists()


def test_a_rollout_is_seen_by_whoever_sees_a_part_of_it(world, mina):
    assert set(rollouts_seen_by(mina)) == {world.mine.rollout}
    world.theirs.rollout.parts.update(rollout=world.mine.rollout)
    assert set(rollouts_seen_by(mina)) == {world.mine.rollout}


def test_of_a_rollout_each_sees_their_own_parts(world, as_mina):
    world.theirs.rollout.parts.update(rollout=world.mine.rollout)
    world.mine.rollout.sentence = "#9 on shop-host failed."
    world.mine.rollout.status = "stopped"
    world.mine.rollout.save()
    text = as_mina.get(f"/rollouts/{world.mine.rollout.pk}/").content.decode()
    assert "ledger-host" in text and "shop" not in text
