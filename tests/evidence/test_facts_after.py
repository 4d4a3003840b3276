"""Once a recovery has ended its host is asked what it is like now, and the evidence says so."""

import json

import pytest

from audit.services import seal_all
from changes.models import Change
from changes.services import move
from changes.states import State
from evidence.services import evidence_take
from execution.models import FactsWish, Run
from inventory.models import Host, Owner, Vm
from inventory.services import facts_record
from people.roles import Role
from people.selectors import actor_of
from tests.conftest import a_person
from tests.evidence.conftest import unzipped
from tests.pages.scene import Scene

pytestmark = pytest.mark.django_db


def test_the_host_is_asked_and_its_answer_stands_in_the_evidence(
    rosa, amir, olu, take, django_capture_on_commit_callbacks
):
    change = Scene(rosa, amir, olu).running()
    with django_capture_on_commit_callbacks(execute=True):
        move(change, State.SUCCEEDED, None)
    assert FactsWish.objects.filter(host=change.host).exists()
    run = Run.objects.get(change=change)
    Run.objects.filter(pk=run.pk).update(ended_at=run.started_at)
    facts_record(change.host, {"recovery": {"as": "it is now"}})
    seal_all()
    change.refresh_from_db()
    (after,) = json.loads(unzipped(take(change))["facts.json"])["after"]
    assert (after["host"], after["facts"]) == (change.host.name, {"recovery": {"as": "it is now"}})


def test_who_does_not_see_the_host_any_more_gets_neither_its_name_of_today_nor_what_it_says_now(
    rosa, amir, olu, vera, take
):
    """They asked for the change, so it is theirs; the host has gone to somebody else since."""
    change = Scene(rosa, amir, olu).succeeded()
    vm, owner = change.vm, Owner.objects.create(name="Shop")
    asked = {"host": change.host.name, "vm": vm.name}
    Host.objects.filter(pk=change.host_id).update(name="shop-host", address="192.0.2.77", owner=owner, vm=None)
    Vm.objects.filter(pk=vm.pk).update(name="shop-vm", owner=owner)
    Run.objects.filter(change=change).update(ended_at=change.created_at)
    facts_record(Host.objects.get(name="shop-host"), {"says": "shop now"})
    seal_all()
    change.refresh_from_db()
    mina = a_person("mina", Role.REQUESTER)

    def told(user) -> dict:
        seal_all()
        return unzipped(b"".join(evidence_take(actor_of(user), Change.objects.get(pk=change.pk)).blocks))

    theirs = told(mina)
    assert not [name for name, data in theirs.items() if b"shop" in data.lower() or b"192.0.2.77" in data]
    now = json.loads(theirs["change.json"])
    assert ({name: now[name] for name in asked}, now["owner"]) == (asked, None)
    assert b"shop now" in told(vera)["facts.json"]
