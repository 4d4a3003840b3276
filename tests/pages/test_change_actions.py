"""Each button of the change page: who may press it, and what it does."""

import pytest

from changes.models import Change
from execution.models import Run

ALLOWED = [
    ("planned", "rosa", "submit", "in_review"),
    ("in_review", "rosa", "withdraw", "withdrawn"),
    ("approved", "olu", "run", "queued"),
    ("waiting", "olu", "confirm", "running"),
    ("waiting", "olu", "cancel", "cancelled"),
    ("failed", "olu", "resume", "running"),
    ("failed", "olu", "undo", "undoing"),
    ("failed", "olu", "close", "closed"),
    ("succeeded", "olu", "undo", "undoing"),
]
WORDS = {"close": {"reason": "The disk was detached by hand."}}


def post(client, change, action):
    return client.post(f"/changes/{change.pk}/{action}", WORDS.get(action, {}))


@pytest.mark.parametrize(("before", "who", "action", "after"), ALLOWED)
def test_who_may_presses_the_button_and_it_happens(client, as_user, request, scene, before, who, action, after):
    change = getattr(scene, before)()
    as_user(client, request.getfixturevalue(who))
    assert f"/changes/{change.pk}/{action}" in client.get(f"/changes/{change.pk}/").content.decode()
    assert post(client, change, action).status_code == 302
    assert Change.objects.get(pk=change.pk).status == after


@pytest.mark.parametrize(("before", "who", "action", "after"), ALLOWED)
@pytest.mark.parametrize("other", ["vera", "amir"])
def test_who_may_not_sees_no_button_and_is_refused(client, as_user, request, scene, other, before, who, action, after):
    change = getattr(scene, before)()
    as_user(client, request.getfixturevalue(other))
    assert f'action="/changes/{change.pk}/{action}"' not in client.get(f"/changes/{change.pk}/").content.decode()
    refused = post(client, change, action)
    assert refused.status_code == 403
    assert b"Only " in refused.content
    assert Change.objects.get(pk=change.pk).status == before


def test_mallory_who_has_no_role_sees_nothing(client, as_user, mallory, scene):
    change = scene.in_review()
    as_user(client, mallory)
    assert client.get(f"/changes/{change.pk}/").status_code == 403
    assert client.get(f"/changes/{change.pk}/log.txt").status_code == 403
    assert post(client, change, "withdraw").status_code == 403


def test_a_stranger_is_sent_to_sign_in(client, scene):
    change = scene.in_review()
    assert "/login" in client.get(f"/changes/{change.pk}/")["Location"]


def test_a_get_does_nothing(client, as_user, rosa, scene):
    change = scene.planned()
    assert as_user(client, rosa).get(f"/changes/{change.pk}/submit").status_code == 405
    assert Change.objects.get(pk=change.pk).status == "planned"


def test_an_operator_who_alone_approved_is_told_why_it_cannot_start(client, as_user, scene, olu):
    from people.roles import Role
    from people.services import role_grant

    role_grant(olu, Role.APPROVER)
    scene.amir = olu
    change = scene.approved()
    as_user(client, olu)
    page = client.get(f"/changes/{change.pk}/").content.decode()
    assert "Whoever starts a change is not among its approvers." in page
    assert f'action="/changes/{change.pk}/run"' not in page


def test_cancel_of_a_running_change_waits_for_the_boundary_and_says_so(client, as_user, olu, scene):
    change = scene.running("save")
    as_user(client, olu)
    post(client, change, "cancel")
    assert Run.objects.get(change=change).cancel_requested
    page = client.get(f"/changes/{change.pk}/").content.decode()
    assert "It will stop when this step is done." in page
    assert f'action="/changes/{change.pk}/cancel"' not in page


def test_close_without_a_reason_says_what_is_missing(client, as_user, olu, scene):
    change = scene.failed()
    page = as_user(client, olu).post(f"/changes/{change.pk}/close", {"reason": ""}, follow=True)
    assert "Closing needs a reason" in page.content.decode()
    assert Change.objects.get(pk=change.pk).status == "failed"


def test_pressing_twice_is_refused_the_second_time_with_the_sentence(client, as_user, rosa, scene):
    change = scene.planned()
    as_user(client, rosa)
    post(client, change, "submit")
    assert post(client, change, "submit").status_code == 403
