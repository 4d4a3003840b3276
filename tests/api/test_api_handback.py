"""Asking for a hand back over the API: by the recovery's number, and what is wrong with one."""

import pytest

from changes.models import Change
from changes.services import move
from changes.states import State
from tests.pages.scene import Scene

WHY = "The ledger was copied."


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def scene(rosa, amir, olu):
    return Scene(rosa, amir, olu)


@pytest.fixture
def recovery(scene) -> Change:
    return scene.succeeded()


def test_the_api_asks_for_it_by_the_recoverys_number(api, rosa, recovery):
    status, change = api(rosa).post("/changes/handback", {"recovery": recovery.pk, "reason": WHY})
    assert (status, change["kind"], change["state"]) == (201, "handback", "draft")


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"recovery": 99, "reason": WHY}, "recovery", "There is no recovery #99."),
        ({"recovery": 0, "reason": ""}, "reason", "Say why"),
    ],
)
def test_the_api_says_what_is_wrong(api, rosa, recovery, body, field, said):
    status, problem = api(rosa).post("/changes/handback", body)
    assert status == 422
    assert said in str(problem["errors"][field])


def test_the_api_refuses_a_recovery_that_never_named_the_group(api, rosa, scene):
    failed = scene.failed("save")
    move(failed, State.CLOSED, None, "Nothing was done")
    status, problem = api(rosa).post("/changes/handback", {"recovery": failed.pk, "reason": WHY})
    assert status == 422
    assert "never gave the group its new name" in str(problem)


def test_a_running_recovery_is_refused_over_the_api(api, rosa, scene):
    status, problem = api(rosa).post("/changes/handback", {"recovery": scene.running().pk, "reason": WHY})
    assert status == 422
    assert "Only one that succeeded or was closed" in str(problem)
