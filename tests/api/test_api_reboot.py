"""Asking for a reboot over the API."""

from __future__ import annotations

import pytest

WHY = "Up for 200 days."


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


def test_a_requester_asks_for_a_reboot(api, rosa, app02):
    status, change = api(rosa).post("/changes/reboot", {"host": "app02", "seconds": 300, "reason": WHY})
    assert (status, change["kind"], change["state"]) == (201, "reboot", "draft")


def test_what_is_wrong_is_said_by_its_field(api, rosa, app02):
    status, problem = api(rosa).post("/changes/reboot", {"host": "app02", "seconds": 5, "reason": " "})
    assert status == 422 and set(problem["errors"]) == {"seconds", "reason"}
    status, problem = api(rosa).post("/changes/reboot", {"host": "nobody", "reason": WHY})
    assert status == 422 and "knows no host called 'nobody'" in str(problem["errors"]["host"])


def test_a_simulated_host_is_none_to_reboot(api, rosa, app02):
    app02.simulated = True
    app02.save()
    status, problem = api(rosa).post("/changes/reboot", {"host": "app02", "reason": WHY})
    assert status == 422 and "has no boot that could be ended" in str(problem["errors"]["host"])


def test_a_viewer_asks_for_none(api, vera, app02):
    assert api(vera).post("/changes/reboot", {"host": "app02", "reason": WHY})[0] == 403
