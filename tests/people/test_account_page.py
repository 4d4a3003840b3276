"""My account: who I am, my tokens, my password; and people, for administrators."""

import pytest
from django.urls import reverse

from audit.models import Entry
from people.models import Token, User
from people.roles import Role
from people.selectors import actor_of, token_user
from people.services import token_issue
from tests.conftest import PASSWORD

NEW_PASSWORD = "quite another long word"
FORM = {"name": "report", "days": "30", "scopes": ["read", "run"]}


def test_the_page_says_what_i_may_do(client, as_user, rosa):
    assert b"asks for changes" in as_user(client, rosa).get(reverse("account")).content


def test_somebody_without_a_role_reads_so(client, as_user, mallory):
    assert b"You have no role yet" in as_user(client, mallory).get(reverse("account")).content


def test_a_new_token_is_shown_once_and_never_stored_by_browsers(client, as_user, rosa):
    answer = as_user(client, rosa).post(reverse("token_issue"), FORM)
    text = answer.context["issued"]
    assert token_user(text) == rosa and text.encode() in answer.content
    assert Token.objects.get().scopes == "read run"
    assert "no-store" in answer["Cache-Control"]
    assert text.encode() not in client.get(reverse("account")).content


def test_a_second_token_of_a_name_is_refused_at_its_field(client, as_user, rosa):
    token_issue(rosa, "report")
    answer = as_user(client, rosa).post(reverse("token_issue"), FORM)
    assert answer.status_code == 422 and b"Revoke it first" in answer.content


def test_another_persons_token_cannot_be_revoked(client, as_user, rosa, mallory):
    row, text = token_issue(rosa, "report")
    assert as_user(client, mallory).post(reverse("token_revoke", args=[row.pk])).status_code == 404
    assert token_user(text) == rosa


def test_my_token_is_revoked_by_a_post_only(client, as_user, rosa):
    row, text = token_issue(rosa, "report")
    url = reverse("token_revoke", args=[row.pk])
    assert as_user(client, rosa).get(url).status_code == 405
    assert client.post(url).status_code == 302
    assert Token.objects.get().revoked and token_user(text) is None


def test_a_password_is_changed_and_i_stay_signed_in(client, as_user, rosa):
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert as_user(client, rosa).post(reverse("account_password"), form).status_code == 302
    assert client.get(reverse("account")).status_code == 200
    assert User.objects.get(username="rosa").check_password(NEW_PASSWORD)
    assert Entry.objects.filter(action="password.change", actor_name="rosa").count() == 1


def test_a_weak_new_password_is_refused(client, as_user, rosa):
    form = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert as_user(client, rosa).post(reverse("account_password"), form).status_code == 422


def test_signing_in_and_out_is_in_the_audit(client, rosa):
    client.post(reverse("login"), {"username": "rosa", "password": PASSWORD})
    client.post(reverse("logout"))
    assert list(Entry.objects.filter(action__startswith="session").values_list("action", flat=True)) == [
        "session.close",
        "session.open",
    ]


def test_a_refused_sign_in_names_only_known_accounts(client, rosa):
    client.post(reverse("login"), {"username": "rosa", "password": "wrong"})
    client.post(reverse("login"), {"username": PASSWORD, "password": "rosa"})
    entry = Entry.objects.get(action="session.refuse")
    assert entry.object_label == "rosa"


def test_an_administrator_adds_a_person(client, as_user, ada):
    form = {"username": "zoe", "password": PASSWORD, "roles": ["approver", "operator"]}
    assert as_user(client, ada).post(reverse("person_new"), form).status_code == 302
    assert actor_of(User.objects.get(username="zoe")).roles == {Role.APPROVER, Role.OPERATOR}


def test_a_name_that_differs_in_case_only_is_refused(client, as_user, ada, rosa):
    answer = as_user(client, ada).post(reverse("person_new"), {"username": "ROSA", "password": PASSWORD})
    assert answer.status_code == 422 and b"already" in answer.content


def test_an_administrator_sets_roles(client, as_user, ada, rosa):
    as_user(client, ada).post(reverse("person", args=["rosa"]), {"roles": ["approver"]})
    assert actor_of(rosa).roles == {Role.APPROVER}


def test_an_administrator_cannot_make_themselves_an_approver(client, as_user, ada):
    answer = as_user(client, ada).post(reverse("person", args=["ada"]), {"roles": ["approver", "administrator"]})
    assert answer.status_code == 422 and b"their own roles" in answer.content
    assert actor_of(ada).roles == {Role.ADMINISTRATOR}


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
@pytest.mark.parametrize("name", ["people", "person_new"])
def test_only_administrators_see_people(client, as_user, who, name, request):
    assert as_user(client, request.getfixturevalue(who)).get(reverse(name)).status_code == 403
