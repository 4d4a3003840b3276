"""Every list of the API: pages of one shape, each row once, however many there are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from api.urls import api as the_api
from audit.models import Entry
from changes.models import ApprovalRule, Change, Freeze, Glass, MaintenanceWindow, PickedSlot, Rollout
from changes.states import State
from inventory.models import Host, Membership, Owner, Vm
from tests.conftest import a_person

WHOLE = {"/changes/recovery/copies", "/changes/{number}/slots"}
"""Ten, or what one host has: told at once."""


@pytest.fixture
def many(rosa, app02):
    """Five of each, some at the same moment."""
    now = timezone.now()
    for n in range(5):
        Vm.objects.create(name=f"vm{n}")
        Host.objects.create(name=f"host{n}", address=f"192.0.2.{n + 10}")
        owner = Owner.objects.create(name=f"Team {n}")
        change = Change.objects.create(kind="recovery", params={}, host=app02, requester=rosa, editor=rosa)
        Change.objects.filter(pk=change.pk).update(status=State.APPROVED)
        starts = now + timedelta(hours=1 + n // 2)
        PickedSlot.objects.create(
            change=change, starts=starts, ends=starts + timedelta(hours=1), picked_by=rosa, picked_at=now
        )
        Glass.objects.create(change=change, reason="So.", asked_by=rosa, used_by=rosa, decided_by=rosa, used_at=starts)
        Rollout.objects.create(title=f"r{n}", reason="So.", requester=rosa)
        ApprovalRule.objects.create(name=f"Rule {n}")
        MaintenanceWindow.objects.create(
            name=f"Nights {n}", rule="FREQ=DAILY", day=now.date(), at=now.time(), minutes=60
        )
        Freeze.objects.create(name=f"Year’s end {n}", starts=now, ends=now + timedelta(days=1), reason="So.")
        Entry.objects.create(action="host.edit", actor_name="ada")
        Membership.objects.create(owner=Owner.objects.get(name="Team 0"), user=a_person(f"p{n}"))
    assert owner


PATHS = (
    "/hosts",
    "/vms",
    "/owners",
    "/changes",
    "/rollouts",
    "/policies",
    "/windows",
    "/freezes",
    "/calendar",
    "/reviews",
    "/audit",
)


def walk(caller, path):
    """All rows, two at a time."""
    rows, cursor = [], ""
    while True:
        status, page = caller.get(f"{path}?limit=2{cursor}")
        assert status == 200, page
        assert len(page["items"]) <= 2
        rows += page["items"]
        (name,) = set(page) & {"after", "before"}
        if page[name] is None:
            return rows
        cursor = f"&{name}={page[name]}".replace("+", "%2B").replace(" ", "%20")


@pytest.mark.parametrize("path", PATHS)
def test_pages_have_each_row_once(api, vera, many, path):
    caller = api(vera)
    whole = caller.get(f"{path}?limit=1000")[1]
    assert len(whole["items"]) >= 5
    assert walk(caller, path) == whole["items"]


def test_people_of_an_owner_come_in_pages_too(api, vera, many):
    path = f"/owners/{Owner.objects.get(name='Team 0').pk}/people"
    assert {row["person"] for row in walk(api(vera), path)} == {f"p{n}" for n in range(5)}


@pytest.mark.parametrize("cursor", ["x", "2026-01-01_1", "_", "2026-01-01T00:00:00+00:00_x"])
def test_what_is_no_cursor_is_refused_with_a_sentence(api, vera, cursor):
    status, problem = api(vera).get(f"/calendar?after={cursor.replace('+', '%2B')}")
    assert (status, list(problem["errors"])) == (422, ["after"])


def test_no_operation_answers_with_a_bare_list():
    paths = the_api.get_openapi_schema()["paths"]
    bare = set()
    for path, operations in paths.items():
        answers = operations.get("get", {}).get("responses", {}).get(200, {}).get("content", {})
        if any(media["schema"].get("type") == "array" for media in answers.values()):
            bare.add(path.removeprefix("/api/v1"))
    assert bare == WHOLE
