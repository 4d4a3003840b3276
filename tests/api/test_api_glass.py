"""Break-glass over the API: asked for, decided, used and reviewed by the same people as on the pages."""

import pytest
from django.utils import timezone

from changes.models import Change, Glass
from people.roles import Role
from tests.conftest import a_person
from tests.execution.windowed import a_freeze
from tests.pages.scene import Scene

pytestmark = pytest.mark.django_db
ASKED = {"lifts": ["freeze"], "reason": "The ledger stands still."}


@pytest.fixture
def frozen(rosa, amir, olu) -> Change:
    change = Scene(rosa, amir, olu).approved()
    a_freeze(change.host)
    return change


def test_it_is_asked_for_decided_used_and_reviewed(api, frozen, olu, ada, monkeypatch):
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)
    bea, path = api(a_person("bea", Role.APPROVER)), f"/changes/{frozen.pk}"
    status, problem = api(olu).post(f"{path}/run")
    assert status == 403 and "Freeze “Year’s end” holds until" in problem["detail"]
    status, found = api(olu).post(f"{path}/glass", ASKED)
    assert status == 200 and found["glasses"][0]["asked_by"] == "olu" and not found["glasses"][0]["granted"]
    word = {"digest": frozen.digest, "comment": "I looked", "grant": True}
    status, found = bea.post(f"{path}/glass/decide", word)
    assert status == 200 and found["glasses"][0]["decided_by"] == "bea"
    assert {line["title"]: line["ok"] for line in found["gate"]}["Freeze"] is True
    assert api(olu).post(f"{path}/run")[1]["state"] == "queued"
    Glass.objects.update(used_at=timezone.now(), used_by=olu)
    Change.objects.update(status="succeeded")
    assert [row["change"] for row in api(ada).get("/reviews")[1]["items"]] == [frozen.pk]
    assert bea.post(f"{path}/glass/review", {"review": "all is well"})[0] == 403
    status, found = api(ada).post(f"{path}/glass/review", {"review": "It was right."})
    assert status == 200 and found["glasses"][0]["reviewed_by"] == "ada" and api(ada).get("/reviews")[1]["items"] == []


def test_what_does_not_hold_is_a_problem(api, frozen, olu, vera, amir):
    path = f"/changes/{frozen.pk}/glass"
    assert api(olu).post(path, {**ASKED, "lifts": ["moon"]})[0] == 422
    assert api(olu).post(path, {**ASKED, "lifts": []})[0] == 403
    assert api(vera).post(path, ASKED)[0] == 403
    word = {"digest": frozen.digest, "comment": "x", "grant": True}
    assert api(amir).post(f"{path}/decide", word)[0] == 409
    api(olu).post(path, ASKED)
    assert api(amir).post(f"{path}/decide", {**word, "digest": "0" * 64})[0] == 409
    assert api(vera).post(f"{path}/decide", word)[0] == 403
    assert api(vera).post(f"{path}/review", {"review": "x"})[0] == 409
