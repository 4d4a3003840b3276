"""Switches and idle ports, on pages and over the API: the same numbers and sentences."""

import secrets
from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client

from inventory.models import Host
from people.services import token_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def rack(tell, well, broken):
    """app01 is well; app02 has its standby port down; app03 has two fast ports; app04 hangs on one switch alone."""
    fast = well.with_port("eno2", nominal=10_000, speed=10_000).with_bond(reselect="always")
    told = {"app01": well, "app02": broken("no-standby"), "app03": fast, "app04": broken("one-switch")}
    for name, host in told.items():
        tell(Host.objects.create(name=name, address=f"{name}.example", site="fra", rack="r01"), host)


@pytest.fixture
def seen(client, vera, as_user):
    as_user(client, vera)
    return lambda path: client.get(path).content.decode()


@pytest.fixture
def told(vera):
    """The JSON of a call as Vera makes it."""
    token = token_issue(vera, secrets.token_hex(4))[1]
    return lambda path: Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}).json()


def test_a_switch_says_how_many_go_dark_and_fail_over(rack, seen, told):
    page = seen("/bonds/switches?site=fra")
    assert "2 go dark" in page and "nobody goes dark" in page
    switches = {one["name"]: one for one in told("/topology?site=fra")["switches"]}
    assert [switches["sw-fra-r01-a"][name] for name in ("goes_dark", "fails_over", "loses_standby")] == [2, 2, 0]
    assert [switches["sw-fra-r01-b"][name] for name in ("goes_dark", "fails_over", "loses_standby")] == [0, 0, 2]


def test_the_table_has_the_same_as_the_picture(rack, seen):
    page = seen("/bonds/switches?site=fra&view=table")
    assert page.count('<th scope="row">') == 2
    assert "<strong>2</strong>" in page


def test_bonds_on_one_switch_are_named(rack, seen, told):
    assert "app04 bond0</a> on" in seen("/bonds/switches?site=fra")
    assert told("/topology?site=fra")["one_switch"] == [{"host": "app04", "bond": "bond0", "switch": "sw-fra-r01-a"}]


@pytest.mark.parametrize("view", ["", "?view=table"])
def test_one_switch_has_its_ports_and_the_sentences(rack, seen, told, view):
    page, answer = seen(f"/bonds/switches/sw-fra-r01-a/{view}"), told("/topology/sw-fra-r01-a")
    assert "If this switch dies, 2 go dark, 2 fail over" in page
    for group in ("goes_dark", "fails_over", "loses_standby"):
        for effect in answer[group]:
            assert effect["sentence"] in page
    assert {port["host"] for port in answer["ports"]} == {"app01", "app02", "app03", "app04"}


def test_an_unknown_switch_is_not_found(rack, client, vera, as_user, told):
    as_user(client, vera)
    assert client.get("/bonds/switches/nothing/").status_code == 404
    assert told("/topology/nothing")["status"] == 404


def test_a_switch_may_have_any_name(tell, app02, well, seen, told):
    name = "Switch 1/2 (Küche)"
    tell(app02, well.with_port("eno1", switch=name))
    assert "Te1/0/1" in seen(f"/bonds/switches/{name}/")
    assert name in seen("/bonds/switches?site=fra")
    assert told(f"/topology/{name}")["name"] == name


def test_a_fast_port_that_stands_by_is_idle_and_has_a_price(rack, seen, told, settings):
    settings.PORT_PRICE, settings.PORT_CURRENCY = Decimal("120"), "EUR a year"
    page, answer = seen("/bonds/idle"), told("/idle-ports")
    assert "120 EUR a year" in page
    assert (answer["count"], answer["price"], answer["currency"]) == (1, "120", "EUR a year")
    assert answer["items"][0]["host"] == "app03" and answer["items"][0]["sentence"] in page


def test_without_a_price_it_is_said_how_to_set_one(rack, seen, settings):
    settings.PORT_PRICE = None
    assert "REGROUP_PORT_PRICE" in seen("/bonds/idle")


def test_idle_ports_come_in_pages(tell, well, told):
    fast = well.with_port("eno2", nominal=10_000, speed=10_000)
    rows = Host.objects.bulk_create(Host(name=f"app{n:03}", address=f"app{n}.example") for n in range(25))
    tell.all(dict.fromkeys(rows, fast))
    first = told("/idle-ports?limit=10")
    second = told(f"/idle-ports?limit=10&after={first['after']}")
    last = told(f"/idle-ports?limit=10&after={second['after']}")
    assert [row["host"] for page in (first, second, last) for row in page["items"]] == [row.name for row in rows]
    assert last["after"] is None


def test_where_nobody_hears_a_switch_it_is_said(tell, app02, well, seen):
    tell(app02, replace(well, lldp=False))
    assert "No switch is known" in seen("/bonds/switches")


def test_bonds_over_the_api_are_those_of_the_page(rack, told, broken, tell):
    tell(Host.objects.get(name="app01"), broken("held"))
    found = told("/bonds?health=held")
    assert [(row["host"], row["health"], row["active"]) for row in found["items"]] == [("app01", "held", "eno2")]
    first = told("/bonds?limit=3")
    rest = told(f"/bonds?limit=3&after={first['after']}")
    assert len(first["items"]) == 3 and len(rest["items"]) == 1 and rest["after"] is None
    assert told("/hosts/app01/bonds")["bonds"] == found["items"]


def test_olu_has_hosts_asked_over_the_api_and_vera_may_not(simulate, olu, vera):
    simulate(2)
    answers = []
    for user in (olu, vera):
        token = token_issue(user, secrets.token_hex(4))[1]
        answers.append(Client().post("/api/v1/bonds/ask", headers={"Authorization": f"Bearer {token}"}))
    assert answers[0].json()["hosts"] == 2
    assert [answer.status_code for answer in answers] == [202, 403]
