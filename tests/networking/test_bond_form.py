"""Asking for a bond in the browser and over the API, on a host whose facts are known."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from changes.models import Change
from inventory.models import Host, HostFacts
from tests.networking.plans import asked, bonded, host

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)


@pytest.fixture
def web01(db) -> Host:
    made = Host.objects.create(name="web01", address="127.0.0.1")
    HostFacts.objects.create(host=made, facts={"bond": host().to_json()})
    return made


def page(client, person, query: str = "host=web01") -> str:
    client.force_login(person)
    return client.get(f"{reverse('bond_new')}?{query}").content.decode()


def posted(client, person, **values):
    client.force_login(person)
    data = {
        "host": "web01", "name": "bond0", "ports": ["eth0", "eth1"], "primary": "eth1", "primary_reselect": "better",
        "miimon": "100", "addressing": "move", "seconds": "180", "reason": "A faster port.", "go": "create",
    }  # fmt: skip
    return client.post(reverse("bond_new"), data | values)


def test_the_form_shows_every_port_and_ours(client, web01, rosa):
    text = page(client, rosa)
    for words in ("eth0", "eth1", "10000 Mb/s", "1000 Mb/s", "LLDP silent", "our session", host().nics[1].driver):
        assert words in text


def test_the_fast_port_is_proposed_as_primary_and_the_one_with_the_address_stands_by(client, web01, rosa):
    text = page(client, rosa)
    assert '<option value="eth1" selected>' in text
    assert text.count(" checked") == 2
    assert 'value="bond0"' in text


def test_every_option_has_its_meaning(client, web01, rosa):
    from networking.bonding.options import EXPLAINED

    text = page(client, rosa).replace("&#x27;", "'")
    assert all(option.title in text and option.meaning in text for option in EXPLAINED)


def test_a_bond_that_is_there_is_shown_as_it_runs(client, web01, rosa):
    HostFacts.objects.update(facts={"bond": bonded(primary_reselect="always").to_json()})
    text = page(client, rosa, "host=web01&bond=bond0")
    assert '<option value="always" selected>' in text


def test_without_facts_only_the_host_is_asked_for(client, web01, rosa):
    HostFacts.objects.all().delete()
    text = page(client, rosa)
    assert "Asking web01 for its ports" in text
    assert "Name of the bond" not in text


def test_a_network_that_cannot_be_read_is_told(client, web01, rosa):
    HostFacts.objects.update(facts={"bond": {"problem": "There is no ip on this host."}})
    assert "There is no ip on this host." in page(client, rosa)


def test_asking_makes_a_change_that_waits_to_be_planned(client, web01, rosa):
    response = posted(client, rosa)
    change = Change.objects.get()
    assert response.headers["Location"] == f"/changes/{change.pk}/"
    assert (change.kind, change.planning, change.params["options"]["primary"]) == ("bond", True, "eth1")
    assert change.title == "Make bond0 of eth1, eth0 on web01"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"ports": ["eth0"], "primary": "eth0"}, "needs two ports"),
        ({"primary": "eth0", "ports": ["eth1"]}, "is to be the primary, but is not among the ports"),
        ({"miimon": "0"}, "the kernel would not notice a dead link"),
        ({"updelay": "150"}, "is no multiple of miimon"),
        ({"seconds": "999"}, "less than or equal to 180"),
        ({"reason": ""}, "an approver has nothing else to go by"),
        (
            {"addressing": "static", "addresses": "10.0.2.15/24", "gateways": "10.9.9.9"},
            "The gateway 10.9.9.9 is in no network",
        ),
        ({"addressing": "static", "addresses": "10.0.2"}, "Write addresses such as"),
    ],
)
def test_a_wrong_request_is_told_at_once_and_nothing_typed_is_lost(client, web01, rosa, values, sentence):
    response = posted(client, rosa, ticket="CHG-77", **values)
    text = response.content.decode().replace("&#x27;", "'")
    assert response.status_code == 422
    assert sentence in text
    assert 'value="CHG-77"' in text
    assert not Change.objects.exists()


def test_what_is_not_typed_yet_is_missing_only_once_all_is_asked_for(client, web01, rosa):
    early = posted(client, rosa, reason="", go="").content.decode()
    assert "Say why" not in early
    assert "runs over eth0" in early  # the warnings of the plan need no reason
    assert "Say why" in posted(client, rosa, reason="").content.decode()


def test_a_host_chosen_just_now_is_no_reason_to_complain(client, web01, rosa):
    client.force_login(rosa)
    text = client.post(reverse("bond_new"), {"host": "web01"}).content.decode()
    assert 'value="bond0"' in text
    assert "Say why" not in text


def test_what_the_planner_refuses_is_told_before_anybody_is_asked(client, web01, rosa):
    facts = host().to_json()
    facts["nics"][1]["master"] = "br0"
    HostFacts.objects.update(facts={"bond": facts})
    response = posted(client, rosa)
    assert response.status_code == 422
    assert "eth1 is part of br0 already." in response.content.decode()
    assert not Change.objects.exists()


def test_one_field_is_checked_as_one_types(client, web01, rosa):
    client.force_login(rosa)
    data = {"host": "web01", "name": "0x", "ports": ["eth0", "eth1"], "primary": "eth1", "addressing": "move"}
    assert "is no name for an interface" in client.post(f"{reverse('bond_check')}?field=name", data).content.decode()


def test_only_a_requester_may_ask(client, web01, vera):
    assert posted(client, vera).status_code == 403


def test_an_edit_begins_with_what_was_asked(client, web01, rosa):
    posted(client, rosa, seconds="60", addressing="static", addresses="10.0.2.9/24")
    change = Change.objects.get()
    text = client.get(reverse("bond_edit", args=[change.pk])).content.decode()
    assert 'value="60"' in text
    assert 'value="10.0.2.9/24"' in text
    assert "A faster port." in text


def test_a_drill_is_asked_for_in_the_browser(client, web01, rosa):
    Host.objects.create(name="ping01", address="127.0.0.2")
    client.force_login(rosa)
    data = {"host": "web01", "bond": "bond0", "witness": "ping01", "seconds": "120", "interval_ms": "50", "reason": "-"}
    wrong = client.post(reverse("drill_new"), data | {"witness": "web01"})
    assert "cannot watch itself" in wrong.content.decode()
    made = client.post(reverse("drill_new"), data)
    change = Change.objects.get()
    assert made.headers["Location"] == f"/changes/{change.pk}/"
    assert (change.kind, change.params["witness"]) == ("drill", "ping01")
    assert 'value="120"' in client.get(reverse("drill_edit", args=[change.pk])).content.decode()


def test_a_drill_is_asked_for_over_the_api(client, web01, rosa):
    from people.services import token_issue

    headers = {"Authorization": f"Bearer {token_issue(rosa, 'test')[1]}"}

    def ask(**values):
        body = {"host": "web01", "bond": "bond0", "reason": "To see it move."} | values
        return client.post("/api/v1/changes/drill", json.dumps(body), content_type="application/json", headers=headers)

    assert ask().status_code == 201
    assert Change.objects.get().kind == "drill"
    assert "no host called" in ask(witness="nobody").json()["errors"]["witness"][0]
    assert "60 to 180" in ask(seconds=5).json()["errors"]["seconds"][0]
    assert "approvers" in ask(reason=" ").json()["errors"]["reason"][0]


def test_the_api_takes_the_same_request(client, web01, rosa):
    from people.services import token_issue

    token = token_issue(rosa, "test")[1]
    body = asked(reason="A faster port.")
    headers = {"Authorization": f"Bearer {token}"}
    made = client.post("/api/v1/changes/bond", json.dumps(body), content_type="application/json", headers=headers)
    assert made.status_code == 201, made.content
    assert Change.objects.get().params["ports"] == ["eth1", "eth0"]
    body["options"] = {"primary": "eth1", "miimon": 0}
    wrong = client.post("/api/v1/changes/bond", json.dumps(body), content_type="application/json", headers=headers)
    assert "dead link" in wrong.json()["errors"]["miimon"][0]
