"""Approving: who may, what they see, and that it names the very plan."""

from changes.models import Change
from people.roles import Role
from people.services import role_grant


def approve(client, change, **fields):
    posted = {"digest": change.digest, "comment": "Read every step.", **fields}
    return client.post(f"/changes/{change.pk}/approve", posted, follow=True)


def state(change):
    return Change.objects.get(pk=change.pk).status


def test_an_approver_sees_every_command_and_the_digest_that_the_button_posts(client, as_user, amir, scene):
    change = scene.in_review()
    page = as_user(client, amir).get(f"/changes/{change.pk}/").content.decode()
    for step in change.plan.steps:
        if step.command:
            shown = step.command.to_show()
            assert shown.replace("'", "&#x27;") in page
    assert f'name="digest" value="{change.digest}"' in page
    assert f"Approve these {len(change.plan.steps)} steps" in page


def test_an_approval_names_the_digest_and_moves_the_change(client, as_user, amir, scene):
    change = scene.in_review()
    approve(as_user(client, amir), change)
    assert state(change) == "approved"
    assert change.approvals.get().digest == change.digest


def test_an_approval_of_a_plan_that_has_changed_is_refused_with_a_word_to_read_again(client, as_user, amir, scene):
    change = scene.in_review()
    page = approve(as_user(client, amir), change, digest="0" * 64)
    assert "read it again" in page.content.decode()
    assert state(change) == "in_review"


def test_an_approval_without_a_comment_says_so_on_the_page(client, as_user, amir, scene):
    change = scene.in_review()
    page = approve(as_user(client, amir), change, comment=" ")
    assert page.status_code == 200
    assert "needs a comment" in page.content.decode()
    assert state(change) == "in_review"


def test_the_requester_cannot_approve_even_as_superuser_and_approver(client, as_user, rosa, scene):
    change = scene.in_review()
    role_grant(rosa, Role.APPROVER)
    rosa.is_superuser = rosa.is_staff = True
    rosa.save()
    as_user(client, rosa)
    page = client.get(f"/changes/{change.pk}/").content.decode()
    assert "Approve these" not in page
    assert "You asked for this change; somebody else must decide it." in page
    refused = approve(client, change)
    assert refused.status_code == 403
    assert "somebody else must decide it" in refused.content.decode()
    assert state(change) == "in_review"


def test_the_requester_is_told_who_must_approve(client, as_user, rosa, scene):
    change = scene.in_review()
    page = as_user(client, rosa).get(f"/changes/{change.pk}/").content.decode()
    assert "Amir must approve this plan." in page


def test_a_rejection_takes_the_same_comment(client, as_user, amir, scene):
    change = scene.in_review()
    as_user(client, amir).post(f"/changes/{change.pk}/reject", {"comment": "Mount var elsewhere."})
    assert state(change) == "rejected"
    page = client.get(f"/changes/{change.pk}/").content.decode()
    assert "Mount var elsewhere." in page


def test_who_must_run_it_is_nobody_whose_approval_would_not_count_then(client, as_user, rosa, amir, olu, scene):
    """Amir may run things too; but he has approved it, and nobody else has."""
    role_grant(amir, Role.OPERATOR)
    change = scene.approved()
    page = as_user(client, rosa).get(f"/changes/{change.pk}/").content.decode()
    assert "Olu must run it." in page and "Amir or Olu must run it." not in page
