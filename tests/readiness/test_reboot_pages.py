"""Asking for a reboot: the form, the way to it, the API, and that the host's checks are asked anew afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from changes.models import Change
from readiness.models import Readiness
from readiness.reboot.after import ask_after
from readiness.reboot.planner import KIND

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


@pytest.mark.parametrize("address", ["/hosts/app01/", "/readiness/of/app01/"])
def test_whoever_may_ask_for_it_finds_the_way(client, as_user, rosa, vera, app, address):
    assert "/changes/reboot/new?host=app01" in as_user(client, rosa).get(address).content.decode()
    assert "/changes/reboot/new" not in as_user(client, vera).get(address).content.decode()


def test_once_it_has_ended_the_hosts_checks_are_asked_anew(app, rosa):
    row = Readiness.objects.create(host=app, next_at=timezone.now() + timedelta(days=1))
    asked = {"kind": KIND, "host": app, "requester": rosa, "editor": rosa, "params": {"host": "app01"}}
    ask_after(Change.objects.create(title="x", **asked).pk)
    row.refresh_from_db()
    assert row.next_at <= timezone.now()
