"""Asking for a lost VM's disks over the API, and what is wrong with a wish."""

from __future__ import annotations

import pytest

from changes.models import Change
from inventory.models import Host
from tests.recovery.hypervisor_rows import hypervisor

WHY = "It does not boot."


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def hv01(db) -> Host:
    return hypervisor()


BODY = {"host": "hv01", "vm": "vm42", "clone": {"template": "template", "name": "vm42-new"}, "reason": WHY}


def test_the_api_asks_for_one(api, rosa, hv01):
    status, change = api(rosa).post("/changes/fetch", BODY)
    assert (status, change["kind"], change["state"]) == (201, "fetch", "draft")


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"host": "nobody"}, "host", "knows no host called 'nobody'"),
        ({"vm": "nobody"}, "vm", "knows no VM called 'nobody'"),
        ({"reason": " "}, "reason", "Say why"),
        ({"target": "app01"}, "target", "not both"),
        ({"clone": None, "target": "stranger"}, "target", "knows no host called stranger"),
        ({"clone": {"template": "vm77", "name": "x"}}, "template", "is a machine of the inventory"),
        (
            {"clone": {"template": "template", "name": "x", "like": "app10"}},
            "like",
            "no host that is signed in to with",
        ),
        ({"disks": ["relative"]}, "disks", "is no absolute path"),
    ],
)
def test_the_api_says_what_is_wrong(api, rosa, hv01, body, field, sentence):
    status, problem = api(rosa).post("/changes/fetch", {**BODY, **body})
    assert status == 422 and sentence in str(problem["errors"][field]), problem
    assert not Change.objects.exists()
