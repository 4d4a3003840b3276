"""Peers' bugs: a vote counted twice, or a denied change that runs, because the other door did not ask."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from audit.models import Entry
from changes.models import Approval, ApprovalRule, Change
from changes.states import State
from people.models import User
from people.services import token_issue
from tests.pages.scene import Scene

pytestmark = pytest.mark.django_db
DOORS = [("page", "api"), ("api", "page"), ("page", "page"), ("api", "api")]


@pytest.fixture
def scene(rosa, amir, olu) -> Scene:
    return Scene(rosa, amir, olu)


@pytest.fixture
def act():
    """`act("api", amir, change, "approve", digest=…)`: the status of the answer."""
    headers: dict[int, dict[str, str]] = {}

    def act(door: str, who: User, change: Change, action: str, **words: Any) -> int:
        client = Client()
        if door == "page":
            client.force_login(who)
            return client.post(f"/changes/{change.pk}/{action}", words).status_code
        if who.pk not in headers:
            headers[who.pk] = {"Authorization": f"Bearer {token_issue(who, 'doors')[1]}"}
        answer = client.post(
            f"/api/v1/changes/{change.pk}/{action}",
            json.dumps(words),
            content_type="application/json",
            headers=headers[who.pk],
        )
        return answer.status_code

    return act


def state(change: Change) -> State:
    return Change.objects.get(pk=change.pk).state


@pytest.mark.parametrize(("first", "second"), DOORS)
def test_votes_counted_twice(scene, act, amir, first, second):
    ApprovalRule.objects.update(people_needed=2)
    change = scene.in_review()
    said = {"digest": change.digest, "comment": "Read every step."}
    assert act(first, amir, change, "approve", **said) in (200, 302)
    assert act(second, amir, change, "approve", **said) in (302, 403)  # the page says so after a redirect
    assert Approval.objects.filter(change=change).count() == 1
    assert state(change) is State.IN_REVIEW


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_vote_for_another_plan_counts_at_neither_door(scene, act, amir, door):
    change = scene.in_review()
    assert act(door, amir, change, "approve", digest="0" * 64, comment="Read every step.") in (302, 409)
    assert state(change) is State.IN_REVIEW and not Approval.objects.exists()


@pytest.mark.parametrize("door", ["page", "api"])
def test_whoever_asked_votes_at_neither_door(scene, act, rosa, door):
    change = scene.in_review()
    assert act(door, rosa, change, "approve", digest=change.digest, comment="Mine.") == 403
    assert state(change) is State.IN_REVIEW and Entry.objects.filter(action="change.denied").exists()


@pytest.mark.parametrize(("first", "second"), DOORS)
def test_a_denied_change_runs(scene, act, amir, olu, first, second):
    change = scene.in_review()
    assert act(first, amir, change, "reject", comment="Not on a Friday.") in (200, 302)
    assert act(second, olu, change, "run") in (403, 409)
    assert act(second, amir, change, "approve", digest=change.digest, comment="Well, yes.") in (403, 409)
    assert state(change) is State.REJECTED
    assert not Change.objects.get(pk=change.pk).runs.exists()
