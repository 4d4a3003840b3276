"""A requester asks for machines of theirs; any other is answered as if there were none, at each door."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import Entry
from changes.models import Change
from changes.services import NO_SUCH_MACHINE, Denied, Request, change_create, change_edit, change_replan
from changes.states import State
from inventory.models import Host
from networking.drill.planner import KIND as DRILL
from networking.planner import KIND as BOND
from people.services import token_issue
from recovery.kind import KIND as RECOVERY
from tests.pages.scene import params
from tests.rights.world import BOND_ASKED

WHY = {"reason": "To see whether I may.", "ticket": ""}


@pytest.fixture
def call(world, client):
    """POST as Mina, over the API: status and answer."""
    headers = {"Authorization": f"Bearer {token_issue(world.people['mina'], 'asking')[1]}"}

    def post(path: str, words: Any) -> tuple[int, Any]:
        answer = Client().post(f"/api/v1{path}", words, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    return post


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch, own_queue):
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)


def wanted(world, kind: str, host: str = "mine", vm: str = "mine", **more: Any) -> Request:
    on, of = world.side(host).host, world.side(vm).vm
    asked = {
        BOND: BOND_ASKED | {"host": on.name},
        DRILL: {"host": on.name, "bond": "bond0"} | more,
        RECOVERY.key: params(host=on.name, vm=of.name, **more),
    }[kind]
    return Request(kind, asked, on.pk, of.pk if kind == RECOVERY.key else None, WHY["reason"])


@pytest.mark.parametrize("kind", [BOND, DRILL, RECOVERY.key])
def test_the_service_takes_what_is_theirs(world, kind):
    assert change_create(world.people["mina"], wanted(world, kind)).requester == world.people["mina"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (BOND, {"host": "theirs"}),
        (DRILL, {"host": "theirs"}),
        (DRILL, {"witness": "shop-host"}),
        (RECOVERY.key, {"host": "theirs"}),
        (RECOVERY.key, {"vm": "theirs"}),
        (RECOVERY.key, {"source": {"host": "shop-host", "path": "/etc/lvm/backup/RootVG"}, "metadata": ""}),
    ],
)
def test_the_service_refuses_whatever_names_anothers(world, kind, more):
    before = Change.objects.count()
    with pytest.raises(Denied, match="not there, or not yours"):
        change_create(world.people["mina"], wanted(world, kind, **more))
    assert Change.objects.count() == before
    assert Entry.objects.filter(action="change.denied", actor_name="mina").exists()


def test_an_edit_is_held_to_the_same(world):
    mina = world.people["mina"]
    change = change_create(mina, wanted(world, BOND))
    with pytest.raises(Denied, match="not there, or not yours"):
        change_edit(mina, change, wanted(world, BOND, host="theirs"))


def test_whoever_sees_everything_asks_for_everything(world):
    assert change_create(world.people["rosa"], wanted(world, RECOVERY.key, host="theirs", vm="theirs"))


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/changes/bond", BOND_ASKED, "host"),
        ("/changes/drill", {"bond": "bond0"}, "host"),
        ("/changes/recovery", {"vm": "ledger-vm", "new_vg": "x"}, "host"),
    ],
)
def test_the_api_answers_as_if_there_were_no_such_host(world, call, path, body, field):
    answers = [call(path, {**body, **WHY, "host": name}) for name in ("shop-host", "no-such-host")]
    told = [(status, str(answer).replace(name, "…")) for (status, answer), name in
            zip(answers, ("shop-host", "no-such-host"), strict=True)]  # fmt: skip
    assert told[0] == told[1]
    assert answers[0][0] == 422 and field in answers[0][1]["errors"]


def test_nobody_hands_back_anothers_recovery(world, call):
    status, answer = call("/changes/handback", {"recovery": world.theirs.change.pk, "reason": "why"})
    assert (status, answer["detail"]) == (422, f"There is no recovery #{world.theirs.change.pk}.")


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/changes/drill/new", {"bond": "bond0", "seconds": 300, "interval_ms": 50}),
        ("/changes/bond/new", {"go": "create", "name": "bond0"}),
        ("/changes/recovery/new", {"go": "create", "vm": "ledger-vm"}),
    ],
)
def test_the_forms_answer_as_if_there_were_no_such_host(world, as_mina, address, fields):
    texts = []
    for name in ("shop-host", "no-such-host"):
        answer = as_mina.post(address, {**fields, **WHY, "host": name})
        assert answer.status_code == 422
        assert "There is no host of this name." in answer.content.decode()
        texts.append(answer.content.decode())
    assert "shop-host" not in texts[0].replace('value="shop-host"', "")
    assert Change.objects.filter(requester=world.people["mina"]).count() == 0


@pytest.mark.parametrize("address", ["/changes/drill/new", "/changes/bond/new", "/changes/recovery/new", "/bonds/many"])
def test_the_forms_offer_what_is_theirs(world, as_mina, address):
    text = as_mina.get(address).content.decode()
    assert "shop" not in text
    assert "ledger-host" in text or address == "/bonds/many"  # which wants a trusted key


def test_a_new_recovery_does_not_begin_with_what_another_asked_for(world, as_mina):
    text = as_mina.get(f"/changes/recovery/new?from={world.theirs.drafts['recovery'].pk}").content.decode()
    assert "vm42_RootVG" not in text


def test_a_host_that_was_given_away_can_no_longer_be_asked_for(world):
    mina = world.people["mina"]
    change = change_create(mina, wanted(world, BOND))
    Host.objects.filter(pk=world.mine.host.pk).update(owner=world.theirs.owner)
    with pytest.raises(Denied) as refused:
        change_edit(mina, change, wanted(world, BOND))
    assert str(refused.value) == NO_SUCH_MACHINE


def test_nor_be_planned_anew_by_whoever_asked_for_it_when_it_was_theirs(world):
    """A new plan asks the host for its facts, and shows them."""
    mina, rosa = world.people["mina"], world.people["rosa"]
    change = change_create(mina, wanted(world, BOND))
    Change.objects.filter(pk=change.pk).update(status=State.REFUSED, planning=False, refusal=["No."])
    Host.objects.filter(pk=world.mine.host.pk).update(owner=world.theirs.owner)
    with pytest.raises(Denied) as refused:
        change_replan(mina, Change.objects.get(pk=change.pk))
    assert str(refused.value) == NO_SUCH_MACHINE
    assert not Change.objects.get(pk=change.pk).planning
    Change.objects.filter(pk=change.pk).update(requester=rosa)
    assert change_replan(rosa, Change.objects.get(pk=change.pk)).planning
