"""Whatever goes wrong at an address of the API is told as a problem document."""

import pytest
from django.test import Client

SECRET = {"Authorization": "Bearer rgp_none"}


def told(answer):
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"].endswith(".")
    return answer.status_code


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/hosts", "/api/"])
def test_an_address_that_there_is_not(client, path):
    assert told(client.get(path)) == 404


def test_a_method_that_an_address_does_not_take(client):
    answer = client.delete("/api/v1/hosts")
    assert told(answer) == 405
    assert sorted(answer["Allow"].split(", ")) == ["GET", "POST"]


@pytest.mark.django_db
def test_no_token(client):
    assert told(client.get("/api/v1/hosts")) == 401


def test_a_body_that_is_too_large(api, ada, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    caller = api(ada)
    body = {"name": "x" * 200}
    answer = caller.client.post("/api/v1/owners", body, content_type="application/json", headers=caller.headers)
    assert told(answer) == 400


def test_a_body_that_is_no_json(api, ada):
    caller = api(ada)
    answer = caller.client.post("/api/v1/owners", "{", content_type="application/json", headers=caller.headers)
    assert told(answer) in (400, 422)


@pytest.mark.parametrize("wrong", [[], "dhcp", 5, True])
def test_an_addressing_that_is_no_object(api, rosa, app02, wrong):
    body = {"host": "app02", "name": "bond0", "ports": ["eth0", "eth1"], "reason": "So.", "addressing": wrong}
    status, problem = api(rosa).post("/changes/bond", body)
    assert (status, problem["errors"]["body.body.addressing"]) == (
        422,
        ["Value error, This has to be an object, or null."],
    )


def test_what_broke(api, ada, monkeypatch):
    monkeypatch.setattr("api.inventory.record_edit", lambda *_: 1 / 0)
    caller = api(ada)
    caller.client = Client(raise_request_exception=False)
    answer = caller.client.post(
        "/api/v1/owners", {"name": "A"}, content_type="application/json", headers=caller.headers
    )
    assert told(answer) == 500


def test_pages_keep_their_own(client):
    assert client.get("/nothing/")["Content-Type"].startswith("text/html")
