"""Rules of approval over the API, and the gate with who can help."""

import pytest

from changes.models import ApprovalRule

RULE = {"name": "Bonds", "kinds": ["bond"], "people_needed": 1, "named": ["amir"], "hours": 24}


@pytest.fixture
def admin(api, ada):
    return api(ada)


def test_everybody_with_a_role_reads_the_rules(api, vera):
    status, rules = api(vera).get("/policies")
    assert status == 200 and [rule["name"] for rule in rules["items"]] == ["One approver"]


def test_a_rule_is_made_said_anew_and_switched_off(admin, amir):
    status, rule = admin.post("/policies", RULE)
    assert (status, rule["named"], rule["role"]) == (201, ["amir"], "approver")
    status, rule = admin.post(f"/policies/{rule['id']}", {**RULE, "named": [], "people_needed": 2}, method="put")
    assert (status, rule["named"], rule["people_needed"]) == (200, [], 2)
    status, rule = admin.post(f"/policies/{rule['id']}/switch", {"enabled": False})
    assert (status, rule["enabled"]) == (200, False)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"named": ["nobody"]}, "named"), ({"owners": ["none"]}, "owners"), ({"kinds": ["magic"]}, "kinds"),
     ({"people_needed": 2}, "named")],
)  # fmt: skip
def test_what_cannot_be_a_rule_is_a_problem_at_its_field(admin, amir, wrong, field):
    status, problem = admin.post("/policies", {**RULE, **wrong})
    assert status == 422 and field in problem["errors"]
    assert ApprovalRule.objects.count() == 1


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera"])
def test_nobody_but_an_administrator_writes_one(api, request, who):
    caller, rule = api(request.getfixturevalue(who)), ApprovalRule.objects.get()
    assert caller.post("/policies", RULE)[0] == 403
    assert caller.post(f"/policies/{rule.pk}", RULE, method="put")[0] == 403
    assert caller.post(f"/policies/{rule.pk}/switch", {"enabled": False})[0] == 403
