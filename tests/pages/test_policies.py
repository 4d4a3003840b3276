"""The pages of policies: administrators say who must approve, everybody may read it."""

import pytest

from audit.models import Entry
from changes.models import ApprovalRule, Change
from inventory.models import Membership
from people.roles import Role
from tests.conftest import a_person

pytestmark = pytest.mark.django_db
RULE = {"name": "Critical", "criticality": ["critical"], "people_needed": 2, "role": "approver", "owners_needed": 1,
        "hours": 24, "comment": "on", "tags": "db web db", "risks": ["outage"]}  # fmt: skip


@pytest.fixture
def admin(client, as_user, ada):
    return as_user(client, ada)


def test_a_rule_is_added_and_audited_with_what_it_says(admin):
    assert admin.post("/policies/new", RULE).status_code == 302
    rule = ApprovalRule.objects.get(name="Critical")
    assert (rule.criticality, rule.tags, rule.risks, rule.hours) == (["critical"], ["db", "web"], ["outage"], 24)
    entry = Entry.objects.get(action="policy.create")
    assert entry.detail["after"]["people_needed"] == 2 and entry.actor_name == "ada"
    page = admin.get("/policies/").text
    assert "criticality: critical" in page and "2 with the role approver" in page and "1 of the owners" in page


def test_an_edit_is_audited_with_what_it_said_before(admin, amir):
    rule = ApprovalRule.objects.get()
    page = admin.post(f"/policies/{rule.pk}/", {**RULE, "named": [amir.pk], "people_needed": 1}, follow=True)
    assert "open requests keep theirs" in page.text
    entry = Entry.objects.get(action="policy.edit")
    assert entry.detail["before"]["name"] == "One approver" and entry.detail["after"]["named"] == ["amir"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"people_needed": 0, "owners_needed": 0}, "A rule needs at least one approval"),
        ({"name": ""}, "This field is required"),
        ({"name": "One approver"}, "already exists"),
        ({"people_needed": 99}, "less than or equal to 20"),
        ({"hours": 0}, "greater than or equal to 1"),
        ({"risks": ["bad luck"]}, "not one of the available choices"),
        ({"kinds": ["magic"]}, "not one of the available choices"),
        ({"role": "viewer"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_a_rule_gets_a_sentence_and_changes_nothing(admin, wrong, sentence):
    answer = admin.post("/policies/new", {**RULE, **wrong})
    assert answer.status_code == 422 and sentence in answer.text
    assert [rule.name for rule in ApprovalRule.objects.all()] == ["One approver"]


def test_more_people_than_are_named_cannot_approve(admin, amir):
    answer = admin.post("/policies/new", {**RULE, "named": [amir.pk]})
    assert answer.status_code == 422 and "Name at least 2 people" in answer.text


def test_a_rule_is_switched_off_and_the_page_warns_that_nothing_counts(admin):
    rule = ApprovalRule.objects.get()
    assert "No rule counts for every change" not in admin.get("/policies/").text
    page = admin.post(f"/policies/{rule.pk}/switch", {"enabled": "off"}, follow=True).text
    assert "is off for what is submitted from now on" in page and "No rule counts for every change" in page
    admin.post(f"/policies/{rule.pk}/switch", {"enabled": "on"})
    assert list(Entry.objects.filter(object_kind="policy").order_by("pk").values_list("action", flat=True)) == [
        "policy.off",
        "policy.on",
    ]


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
def test_nobody_but_an_administrator_writes_a_rule(client, as_user, request, who):
    them, rule = as_user(client, request.getfixturevalue(who)), ApprovalRule.objects.get()
    for path in ("/policies/new", f"/policies/{rule.pk}/", f"/policies/{rule.pk}/switch"):
        assert them.post(path, RULE).status_code == 403
    assert them.get("/policies/").status_code == (403 if who == "mallory" else 200)
    assert list(ApprovalRule.objects.values_list("name", "enabled")) == [("One approver", True)]


def test_the_change_page_shows_each_rule_met_or_not_and_who_can_help(client, as_user, scene, rosa, amir):
    a_person("bea", Role.APPROVER)
    ApprovalRule.objects.update(name="Two approvers", people_needed=2)
    change = scene.in_review()
    client = as_user(client, amir)
    client.post(f"/changes/{change.pk}/approve", {"digest": change.digest, "comment": "read it"})
    page = client.get(f"/changes/{change.pk}/").text
    assert "Approval: Two approvers" in page and "1 of 2 by an approver" in page and "Bea can approve it" in page
    assert "You have approved this plan already." in page and 'id="decide"' not in page


def test_an_owner_who_is_only_a_viewer_is_asked_and_decides(client, as_user, scene, vera):
    ApprovalRule.objects.update(people_needed=0, owners_needed=1)
    change = scene.planned()
    Membership.objects.create(owner=change.vm.owner, user=vera)
    as_user(client, change.requester).post(f"/changes/{change.pk}/submit")
    client = as_user(client, vera)
    assert "Read the plan and decide" in client.get("/").text
    assert 'id="decide"' in client.get(f"/changes/{change.pk}/").text
    client.post(f"/changes/{change.pk}/approve", {"digest": change.digest, "comment": "mine"})
    assert Change.objects.get(pk=change.pk).status == "approved"


def test_where_an_approval_lapsed_the_page_says_so_and_asks_for_a_new_one(client, as_user, scene, amir, olu):
    from datetime import timedelta

    from django.utils import timezone

    from changes.models import Approval

    ApprovalRule.objects.update(hours=1)
    change = scene.approved()
    Approval.objects.update(at=timezone.now() - timedelta(hours=2))
    assert "It cannot start: " in as_user(client, olu).get(f"/changes/{change.pk}/").text
    page = as_user(client, amir).get(f"/changes/{change.pk}/").text
    assert 'id="decide"' in page and "approved too long ago" in page and ">Reject<" not in page
