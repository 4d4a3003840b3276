"""Rollouts over the API, from two changes to the first wave."""

import pytest

from changes.models import Change
from inventory.models import Host
from tests.pages.scene import Scene


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch):
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def two(rosa, amir, olu) -> list[int]:
    scene = Scene(rosa, amir, olu)
    first, second = scene.planned(), scene.planned()
    Change.objects.filter(pk=second.pk).update(host=Host.objects.create(name="app77", address="192.0.2.77"))
    return [first.pk, second.pk]


def test_from_two_changes_to_the_first_wave(api, rosa, amir, olu, two):
    asked = {"title": "Both", "changes": two, "reason": "They need it"}
    status, rollout = api(rosa).post("/rollouts", asked)
    assert (status, [part["wave"] for part in rollout["parts"]]) == (201, [1, 2])
    here = f"/rollouts/{rollout['number']}"
    _, rollout = api(rosa).post(f"{here}/submit")
    status, rollout = api(amir).post(f"{here}/approve", {"digest": rollout["digest"], "comment": "read both"})
    assert (status, rollout["state"]) == (200, "approved")
    _, rollout = api(olu).post(f"{here}/start")
    assert [part["state"] for part in rollout["parts"]] == ["queued", "approved"]
    assert api(rosa).get("/rollouts")[1]["items"][0]["state"] == "running"


def test_a_part_alone_is_refused_with_the_sentence(api, rosa, amir, olu, two):
    _, rollout = api(rosa).post("/rollouts", {"title": "Both", "changes": two, "reason": "They need it"})
    here = f"/rollouts/{rollout['number']}"
    _, rollout = api(rosa).post(f"{here}/submit")
    api(amir).post(f"{here}/approve", {"digest": rollout["digest"], "comment": "read both"})
    status, problem = api(olu).post(f"/changes/{two[1]}/run")
    assert status == 403
    assert "start that, so that its waves hold" in problem["detail"]


def test_what_is_not_there_is_not_found(api, rosa, two):
    assert api(rosa).get("/rollouts/99")[0] == 404
    assert api(rosa).post("/rollouts", {"title": "x", "changes": [two[0], 9999], "reason": "y"})[0] == 404


def test_mallory_is_refused(api, mallory, two):
    assert api(mallory).post("/rollouts", {"title": "x", "changes": two, "reason": "y"})[0] == 403
