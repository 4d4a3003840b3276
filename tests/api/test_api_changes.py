import pytest

from changes.models import Change
from changes.plan import Plan, Step
from changes.services import plan_store
from changes.states import State


@pytest.fixture(autouse=True)
def nobody_plans(monkeypatch):
    """No worker here: a request is answered as a draft at once."""
    monkeypatch.setattr("api.changes.PLAN_PATIENCE", 0.0)
    monkeypatch.setattr("execution.doorbell._send", lambda task, number: None)


@pytest.fixture
def body():
    return {
        "vm": "vm42",
        "host": "app02",
        "metadata": 'RootVG { id = "x" }',
        "new_vg": "vm42_RootVG",
        "volumes": [{"lv": "root"}],
        "reason": "It does not boot.",
    }


@pytest.fixture
def planned(api, rosa, app02, vm42, body):
    number = api(rosa).post("/changes/recovery", body)[1]["number"]
    change = Change.objects.get(pk=number)
    plan = Plan("recovery", 1, "t", {}, (Step("a", "A", "w", "app02"),))
    return plan_store(change, plan, {})


def test_a_request_is_a_draft_until_a_worker_has_planned_it(api, rosa, app02, vm42, body):
    status, change = api(rosa).post("/changes/recovery", body)
    assert (status, change["state"], change["plan"]) == (201, "draft", None)


def test_a_mount_point_left_out_is_the_usual_one(api, rosa, app02, vm42, body):
    number = api(rosa).post("/changes/recovery", body)[1]["number"]
    assert Change.objects.get(pk=number).params["volumes"][0]["mount_point"] == "/recovered/vm42/root"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("host", "nowhere", "no host called"),
        ("vm", "nobody", "no vm called"),
        ("new_vg", "bad name", "name"),
        ("volumes", [], "at least one"),
        ("volumes", [{"lv": "root", "mount_point": "/etc"}], "/etc"),
        ("reason", " ", "Say why"),
        ("metadata", "", "Upload"),
    ],
)
def test_a_bad_field_is_named_with_a_sentence(api, rosa, app02, vm42, body, field, value, words):
    status, problem = api(rosa).post("/changes/recovery", {**body, field: value})
    assert status == 422
    assert words in problem["errors"][field][0]
    assert not Change.objects.exists()


def test_only_a_requester_asks(api, vera, app02, vm42, body):
    status, problem = api(vera).post("/changes/recovery", body)
    assert (status, problem["detail"]) == (403, "Only a requester may ask for a change.")


def test_submit_then_approve_by_another(api, rosa, amir, planned):
    assert api(rosa).post(f"/changes/{planned.pk}/submit")[1]["state"] == "in_review"
    answer = {"digest": planned.digest, "comment": "Read it."}
    status, change = api(amir).post(f"/changes/{planned.pk}/approve", answer)
    assert (status, change["state"], change["gate"][0]["ok"]) == (200, "approved", True)


def test_the_requester_cannot_approve_even_as_superuser(api, rosa, planned):
    from django.contrib.auth.models import Group

    rosa.is_superuser = rosa.is_staff = True
    rosa.save()
    rosa.groups.set(Group.objects.all())
    caller = api(rosa)
    caller.post(f"/changes/{planned.pk}/submit")
    status, _ = caller.post(f"/changes/{planned.pk}/approve", {"digest": planned.digest, "comment": "mine"})
    assert status == 403
    assert Change.objects.get(pk=planned.pk).state is State.IN_REVIEW


def test_an_approval_of_another_digest_is_a_conflict(api, rosa, amir, planned):
    api(rosa).post(f"/changes/{planned.pk}/submit")
    status, _ = api(amir).post(f"/changes/{planned.pk}/approve", {"digest": "0" * 64, "comment": "x"})
    assert status == 409


def test_a_denial_is_in_the_audit(api, vera, planned):
    from audit.models import Entry

    api(vera).post(f"/changes/{planned.pk}/submit")
    assert Entry.objects.filter(action="change.denied", actor_name="vera").exists()


def test_the_plan_is_the_text_of_the_digest(api, vera, planned):
    import hashlib

    caller = api(vera)
    answer = caller.client.get(f"/api/v1/changes/{planned.pk}/plan", headers=caller.headers)
    assert hashlib.sha256(answer.content).hexdigest() == planned.digest


def test_the_list_is_paged_by_number(api, rosa, app02, vm42, body):
    caller = api(rosa)
    numbers = [caller.post("/changes/recovery", body)[1]["number"] for _ in range(3)]
    first = caller.get("/changes?limit=2")[1]
    assert [row["number"] for row in first["items"]] == numbers[:0:-1]
    assert [row["number"] for row in caller.get(f"/changes?before={first['before']}")[1]["items"]] == numbers[:1]


def test_a_change_that_is_not_there_is_a_problem(api, vera):
    status, problem = api(vera).get("/changes/999")
    assert (status, problem["title"]) == (404, "Not Found")


def test_the_log_of_a_change_that_never_ran_is_empty(api, vera, planned):
    assert api(vera).get(f"/changes/{planned.pk}/log")[1] == {"lines": [], "last_seq": 0, "complete": False}
