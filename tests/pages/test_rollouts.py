"""The pages of rollouts: asked for, read, decided and started, each by whoever may."""

import pytest

from changes.models import Change, Rollout
from changes.rollout_states import RolloutState
from changes.rollouts import Wanted, rollout_create, rollout_submit
from inventory.models import Host

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(scene) -> list[Change]:
    """Two planned changes of Rosa's on different hosts, told apart by their own digests."""
    first, second = scene.planned(), scene.planned()
    other = Host.objects.create(name="app77", address="192.0.2.77", pair="app")
    Change.objects.filter(pk=second.pk).update(host=other)
    return [Change.objects.get(pk=first.pk), Change.objects.get(pk=second.pk)]


@pytest.fixture
def draft(two, rosa) -> Rollout:
    return rollout_create(rosa, Wanted("Both of them", "They need it", two))


@pytest.fixture
def in_review(draft, rosa) -> Rollout:
    return rollout_submit(rosa, draft)


def act(client, rollout, action, **form):
    return client.post(f"/rollouts/{rollout.pk}/{action}", form, follow=True)


def test_a_requester_lays_the_waves(client, as_user, rosa, two):
    page = as_user(client, rosa).get("/rollouts/new")
    assert f"#{two[0].pk} " in page.text
    form = {"title": "Both", "changes": [change.pk for change in two], "wave_size": 2, "reason": "They need it"}
    page = client.post("/rollouts/new", form, follow=True)
    assert "Wave 2" in page.text
    assert "Submit for approval" in page.text


def test_one_change_alone_is_no_rollout(client, as_user, rosa, two):
    form = {"title": "One", "changes": [two[0].pk], "wave_size": 2, "reason": "x"}
    page = as_user(client, rosa).post("/rollouts/new", form)
    assert page.status_code == 422
    assert "A rollout has 2 to 200 changes; this one would have 1." in page.text


def test_nothing_to_roll_out_says_what_to_do(client, as_user, rosa):
    assert "Ask for one change on each host first" in as_user(client, rosa).get("/rollouts/new").text


def test_an_approver_sees_every_plan_and_decides_the_lot(client, as_user, amir, in_review):
    page = as_user(client, amir).get(f"/rollouts/{in_review.pk}/")
    assert page.text.count("Checked after") >= 2
    page = act(client, in_review, "approve", digest=in_review.digest, comment="read both")
    assert "Approved, every plan of it." in page.text
    assert set(Change.objects.values_list("status", flat=True)) == {"approved"}


def test_an_approval_of_another_digest_is_not_taken(client, as_user, amir, in_review):
    page = act(as_user(client, amir), in_review, "approve", digest="0" * 64, comment="read both")
    assert "has changed since you read it" in page.text
    in_review.refresh_from_db()
    assert in_review.state is RolloutState.IN_REVIEW


def test_a_comment_is_asked_for(client, as_user, amir, in_review):
    page = act(as_user(client, amir), in_review, "approve", digest=in_review.digest, comment=" ")
    assert "needs a comment" in page.text


@pytest.mark.parametrize("action", ["submit", "approve", "reject", "withdraw", "drop", "start", "close"])
def test_mallory_is_refused(client, as_user, mallory, in_review, action):
    assert as_user(client, mallory).post(f"/rollouts/{in_review.pk}/{action}", {"reason": "x"}).status_code == 403


def test_a_viewer_reads_and_has_no_buttons(client, as_user, vera, in_review):
    page = as_user(client, vera).get(f"/rollouts/{in_review.pk}/")
    assert page.status_code == 200
    assert "Approve these" not in page.text
    assert as_user(client, vera).post(f"/rollouts/{in_review.pk}/approve").status_code == 403


def test_an_operator_starts_it_and_the_second_host_waits(client, as_user, amir, olu, in_review, monkeypatch):
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    act(as_user(client, amir), in_review, "approve", digest=in_review.digest, comment="read both")
    page = act(as_user(client, olu), in_review, "start")
    assert "0 of 2 hosts are done" in page.text
    assert sorted(Change.objects.values_list("status", flat=True)) == ["approved", "queued"]


def test_an_unknown_action_or_number_is_not_found(client, as_user, olu, draft):
    assert as_user(client, olu).post(f"/rollouts/{draft.pk}/explode").status_code == 404
    assert client.get("/rollouts/999/").status_code == 404


def test_the_list_has_them_newest_first(client, as_user, vera, draft):
    assert "Both of them" in as_user(client, vera).get("/rollouts/").text


def test_an_empty_list_says_what_will_be_here(client, as_user, vera, db):
    assert "No rollouts yet" in as_user(client, vera).get("/rollouts/").text
