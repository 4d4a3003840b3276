"""Asking for a reboot: the form, the way to it, and that a red host is refused by the form and over the API."""

from __future__ import annotations

from html import unescape

import pytest

from changes.models import Change
from execution import engine
from inventory.models import Host
from people.services import token_issue
from readiness.reboot.planner import KIND
from tests.readiness.rebooting import Machine

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_bell(monkeypatch):
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


def test_the_form_shows_what_was_last_found_and_makes_a_change(client, as_user, rosa, app, tell):
    tell(app, "sabotaged")
    page = as_user(client, rosa).get("/changes/reboot/new?host=app01").content.decode()
    assert "would not boot" in page and "What was last found about app01" in page
    asked = {"host": "app01", "seconds": 300, "despite": "on", "reason": "Up for 200 days.", "ticket": ""}
    assert client.post("/changes/reboot/new", asked).status_code == 302
    change = Change.objects.get()
    assert (change.kind, change.params) == (KIND, {"host": "app01", "seconds": 300, "despite": True})
    assert client.get(f"/changes/{change.pk}/reboot").status_code == 200


def test_a_deadline_beyond_the_limits_is_one_sentence_and_makes_nothing(client, as_user, rosa, app):
    asked = {"host": "app01", "seconds": 5, "reason": "Up for 200 days."}
    answer = as_user(client, rosa).post("/changes/reboot/new", asked)
    assert answer.status_code == 422 and "120 to 1800 seconds to come back, not 5" in answer.content.decode()
    assert not Change.objects.exists()


def test_a_simulated_host_is_none_to_reboot(client, as_user, rosa, app):
    Host.objects.update(simulated=True)
    asked = {"host": "app01", "seconds": 300, "reason": "Up for 200 days."}
    answer = as_user(client, rosa).post("/changes/reboot/new", asked)
    assert answer.status_code == 422 and "app01 is simulated, so it has no boot" in answer.content.decode()
    assert not Change.objects.exists()


@pytest.mark.parametrize("address", ["/hosts/app01/", "/readiness/of/app01/"])
def test_whoever_may_ask_for_it_finds_the_way(client, as_user, rosa, vera, app, address):
    assert "/changes/reboot/new?host=app01" in as_user(client, rosa).get(address).content.decode()
    assert "/changes/reboot/new" not in as_user(client, vera).get(address).content.decode()


@pytest.fixture
def sabotaged(app, machines) -> None:
    machines["app01"] = Machine(well=False)


REFUSED = ("Red: Init and libc.", "/sbin/init is 32-bit x86", "Red: What fstab wants.", "although checks are red")


def test_a_red_host_is_refused_on_the_page_that_the_form_leads_to(client, as_user, rosa, sabotaged):
    asked = {"host": "app01", "seconds": 300, "reason": "Up for 200 days.", "ticket": ""}
    address = as_user(client, rosa).post("/changes/reboot/new", asked)["Location"]
    engine.plan(Change.objects.get().pk)
    page = unescape(client.get(address).content.decode())
    assert [told for told in REFUSED if told not in page] == []
    assert "Submit for approval" not in page and "Edit the request" in page


def test_a_red_host_is_refused_over_the_api(client, rosa, sabotaged, monkeypatch):
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    headers = {"Authorization": f"Bearer {token_issue(rosa, 'here')[1]}"}
    body = {"host": "app01", "reason": "Up for 200 days."}
    answer = client.post("/api/v1/changes/reboot", body, content_type="application/json", headers=headers)
    number = answer.json()["number"]
    engine.plan(number)
    change = client.get(f"/api/v1/changes/{number}", headers=headers).json()
    assert (answer.status_code, change["state"], change["digest"]) == (201, "refused", "")
    assert [told for told in REFUSED if told not in " ".join(change["refusal"])] == []
