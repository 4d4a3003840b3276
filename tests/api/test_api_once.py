"""`Idempotency-Key`: the same request again is told again, not done again."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from api import once
from api.models import IdempotencyKey
from audit.models import Entry
from changes.models import Change
from inventory.models import Owner
from people.roles import Role
from people.services import token_issue

OWNER = {"name": "Payments", "email": "payments@example.com"}


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def send(client):
    """`send(ada, "/owners", OWNER, "k1")`: the answer itself."""
    tokens = {}

    def post(user, path, body=None, key=None, method="post"):
        token = tokens.get(user.pk) or tokens.setdefault(user.pk, token_issue(user, "script")[1])
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key is not None else {})
        return getattr(client, method)(
            f"/api/v1{path}", json.dumps(body or {}), content_type="application/json", headers=headers
        )

    return post


def test_the_same_request_again_gets_the_first_answer_and_a_header_that_says_so(send, ada):
    first, again = (send(ada, "/owners", OWNER, "k1") for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert again["Content-Type"] == first["Content-Type"]
    assert Owner.objects.count() == 1


def test_what_somebody_saw_is_not_told_again_once_they_lost_what_they_saw_it_by(send, ada):
    send(ada, "/owners", OWNER, "k1")
    ada.groups.add(Group.objects.get_or_create(name=Role.VIEWER)[0])
    answer = send(ada, "/owners", OWNER, "k1")
    assert (answer.status_code, answer.json()["detail"]) == (422, once.OTHERWISE)


def test_quotes_round_a_key_are_not_part_of_it(send, ada):
    send(ada, "/owners", OWNER, "k1")
    assert send(ada, "/owners", OWNER, '"k1"')["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", '"', "two words", "ä", "x" * 201, '"open'])
def test_a_key_of_another_form_is_refused_and_nothing_is_done(send, ada, key):
    answer = send(ada, "/owners", OWNER, key)
    assert (answer.status_code, answer.json()["detail"]) == (400, once.MISSPELLED)
    assert not Owner.objects.exists()


def test_another_body_under_the_same_key_is_refused_with_a_sentence(send, ada):
    send(ada, "/owners", OWNER, "k1")
    answer = send(ada, "/owners", {"name": "Search"}, "k1")
    assert (answer.status_code, answer.json()["detail"]) == (422, once.OTHERWISE)
    assert list(Owner.objects.values_list("name", flat=True)) == ["Payments"]


def test_another_address_under_the_same_key_is_refused_too(send, ada):
    send(ada, "/owners", {"name": "Payments"}, "k1")
    assert send(ada, "/vms", {"name": "Payments"}, "k1").status_code == 422


def test_a_key_is_its_persons(send, ada):
    from tests.conftest import a_person

    other = a_person("abe", Role.ADMINISTRATOR)
    send(ada, "/owners", {"name": "Payments"}, "k1")
    assert send(other, "/owners", {"name": "Search"}, "k1").status_code == 201


def test_while_the_first_is_at_work_the_second_is_told_to_wait(send, ada):
    send(ada, "/owners", OWNER, "k1")
    IdempotencyKey.objects.update(status=None)
    answer = send(ada, "/owners", OWNER, "k1")
    assert (answer.status_code, answer.json()["detail"]) == (409, once.AT_WORK)


def test_a_refusal_is_told_again_and_audited_once(send, rosa, app02, vm42):
    body = {"changes": [], "title": "All", "reason": "So."}
    first, again = (send(rosa, "/rollouts", body, "k1") for _ in range(2))
    assert (first.status_code, again.content) == (again.status_code, first.content)
    assert 400 <= first.status_code < 500
    assert again["Idempotency-Replayed"] == "true"


def test_what_the_policy_denies_is_audited_though_a_transaction_is_held_round_it(send, vera, app02, vm42):
    body = {"vm": "vm42", "host": "app02", "metadata": "x {}", "new_vg": "v", "volumes": [{"lv": "r"}], "reason": "So."}
    assert send(vera, "/changes/recovery", body, "k1").status_code == 403
    assert Entry.objects.filter(action="change.denied").count() == 1
    assert send(vera, "/changes/recovery", body, "k1")["Idempotency-Replayed"] == "true"
    assert Entry.objects.filter(action="change.denied").count() == 1


def test_who_lost_the_role_is_not_told_again(send, ada):
    send(ada, "/owners", OWNER, "k1")
    ada.groups.clear()
    assert send(ada, "/owners", OWNER, "k1").status_code == 403


def test_what_broke_gives_the_key_back(send, olu, app02):
    """Nothing listens at 192.0.2.2: 503, and the next request tries again."""
    app02.address, app02.port = "127.0.0.1", 1
    app02.save()
    body = {"fingerprint": "SHA256:x"}
    assert send(olu, "/hosts/app02/trust", body, "k1").status_code == 503
    assert not IdempotencyKey.objects.exists()


def test_a_request_that_cannot_be_kept_leaves_nothing(send, ada, monkeypatch):
    monkeypatch.setattr("api.inventory.record_edit", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        send(ada, "/owners", OWNER, "k1")
    assert not IdempotencyKey.objects.exists()
    assert not Owner.objects.exists()


def test_a_new_change_is_one_change(send, rosa, app02, vm42):
    body = {"vm": "vm42", "host": "app02", "metadata": "x {}", "new_vg": "v", "volumes": [{"lv": "r"}], "reason": "So."}
    first, again = (send(rosa, "/changes/recovery", body, "k1") for _ in range(2))
    assert (first.status_code, again.content, Change.objects.count()) == (201, first.content, 1)


def test_only_a_post_takes_a_key(send, ada, app02):
    send(ada, "/hosts/app02", {"note": "one"}, "k1", method="patch")
    assert not IdempotencyKey.objects.exists()


def test_a_key_is_kept_for_a_day(send, ada):
    send(ada, "/owners", OWNER, "old")
    IdempotencyKey.objects.update(claimed_at=timezone.now() - once.KEPT - timedelta(seconds=1))
    send(ada, "/vms", {"name": "vm1"}, "new")
    assert once.forget_keys() == 1
    assert IdempotencyKey.objects.get().text == "new"


def test_a_key_older_than_that_is_new_again_though_nobody_swept(send, ada):
    send(ada, "/owners", OWNER, "k1")
    IdempotencyKey.objects.update(claimed_at=timezone.now() - once.KEPT - timedelta(seconds=1))
    assert send(ada, "/vms", {"name": "vm1"}, "k1").status_code == 201


def test_every_post_says_in_the_document_that_it_takes_a_key(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    posts = [path["post"] for path in paths.values() if "post" in path]
    assert posts
    assert all(any(one["name"] == "Idempotency-Key" for one in post["parameters"]) for post in posts)
