"""What decides or acts wants a fresh factor; what was sent meanwhile is not lost."""

import re
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, path, reverse

from audit.models import Entry
from people.access import for_actions, signed_in
from people.models import User
from people.roles import Role
from people.services import role_grant
from tests.conftest import PASSWORD
from tests.people.factor import App
from tests.test_house import addresses

pytestmark = pytest.mark.django_db


@signed_in("GET POST", fresh=for_actions("approve", "run"))
def acts(request, action):
    return HttpResponse(f"{action} {request.POST.get('comment', '')} {request.POST.getlist('many')}")


urlpatterns = [*get_resolver().url_patterns, path("acts/<str:action>", acts, name="acts")]


@pytest.fixture
def olu_in(settings, client, as_user, olu) -> Client:
    settings.ROOT_URLCONF = __name__
    return as_user(client, olu)


SENT = {
    "comment": 'read "all" of <it>',
    "many": ["1", "2"],
    "old_password": "never in a page",
    "private_key": "nor this",
}


def fields(answer) -> list[tuple[str, str]]:
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode())
    return [(name, unescape(value)) for name, value in hidden if name != "csrfmiddlewaretoken"]


def test_without_a_factor_nothing_is_asked(olu_in):
    assert olu_in.post("/acts/approve", SENT).status_code == 200


def test_what_was_sent_is_sent_again_with_the_code(olu_in, olu):
    app = App(olu)
    asked = olu_in.post("/acts/approve", SENT)
    assert asked.status_code == 403 and "no-store" in asked["Cache-Control"]
    kept = fields(asked)
    assert kept == [("comment", SENT["comment"]), ("many", "1"), ("many", "2")]
    again = {"comment": SENT["comment"], "many": ["1", "2"], "factor_code": app.code()}
    assert olu_in.post("/acts/approve", again).content.decode() == f"approve {SENT['comment']} ['1', '2']"


def test_a_wrong_code_does_nothing_and_keeps_what_was_sent(olu_in, olu):
    App(olu)
    asked = olu_in.post("/acts/approve", {**SENT, "factor_code": "000000"})
    assert asked.status_code == 403 and b"This code is not right" in asked.content
    assert ("comment", SENT["comment"]) in fields(asked)


def test_for_some_minutes_nothing_more_is_asked(olu_in, olu, settings):
    app = App(olu)
    olu_in.post("/acts/approve", {"factor_code": app.code()})
    assert olu_in.post("/acts/run").status_code == 200
    session = olu_in.session
    session["factor_at"] -= settings.STEP_UP_MINUTES * 60
    session.save()
    assert olu_in.post("/acts/run").status_code == 403


def test_another_browser_of_the_same_person_is_asked(olu_in, olu, as_user):
    app = App(olu)
    olu_in.post("/acts/approve", {"factor_code": app.code()})
    assert as_user(Client(), olu).post("/acts/approve").status_code == 403


def test_what_stops_things_never_waits(olu_in, olu):
    App(olu)
    assert olu_in.post("/acts/cancel").status_code == 200


def test_a_role_that_has_to_have_one_does_nothing_without(olu_in, olu, settings):
    settings.SECOND_FACTOR_ROLES = frozenset({"operator"})
    answer = olu_in.post("/acts/run")
    assert answer.status_code == 403 and reverse("factor").encode() in answer.content
    assert olu_in.get("/hosts/").status_code == 200


def test_other_roles_go_on_as_before(olu_in, settings):
    settings.SECOND_FACTOR_ROLES = frozenset({"approver"})
    assert olu_in.post("/acts/run").status_code == 200


def test_it_is_in_the_audit_with_the_way(olu_in, olu):
    app = App(olu)
    olu_in.post("/acts/approve", {"factor_code": app.recovery[0]})
    entry = Entry.objects.get(action="session.step_up")
    assert entry.actor_name == "olu" and entry.detail == {"by": "recovery code"}


def test_a_password_is_changed_after_a_code_and_never_carried_through_a_page(client, as_user, rosa):
    app = App(rosa)
    asked = as_user(client, rosa).get(reverse("account_password"))
    assert asked.status_code == 403
    went = client.post(reverse("step_up") + "?next=/account/password/", {"factor_code": app.code()})
    assert went["Location"] == "/account/password/" and client.get(went["Location"]).status_code == 200
    new = {"old_password": PASSWORD, "new_password1": "quite another word", "new_password2": "quite another word"}
    assert client.post(went["Location"], new).status_code == 302
    assert User.objects.get(pk=rosa.pk).check_password("quite another word")


def test_a_token_is_not_made_at_a_browser_left_open(client, as_user, rosa):
    App(rosa)
    answer = as_user(client, rosa).post(reverse("token_issue"), {"name": "x", "days": "30"})
    assert answer.status_code == 403 and not rosa.tokens.exists()


def test_nobody_is_sent_to_another_site_after_the_code(client, as_user, rosa):
    app = App(rosa)
    there = reverse("step_up") + "?next=//example.org/"
    assert as_user(client, rosa).post(there, {"factor_code": app.code()})["Location"] == "/"


def test_who_may_not_act_is_not_asked_for_a_code(client, as_user, rosa):
    App(rosa)
    answer = as_user(client, rosa).post(reverse("person", args=["rosa"]), {"roles": ["approver"]})
    assert answer.status_code == 403 and b"needs the role administrator" in answer.content


WANTED = {
    "account_password", "change_act", "factor_codes", "factor_remove", "factor_reset", "freeze_edit", "freeze_new",
    "freeze_switch", "glass_act", "host_credential", "host_edit", "host_key_trust", "host_merge", "host_new",
    "hosts_import", "key_add", "key_remove", "member_add", "member_remove", "notice_choices", "owner_edit",
    "owner_new", "person", "person_new", "person_switch", "policy_edit", "policy_new", "policy_switch",
    "recovery_attach", "recovery_detach", "rollout_act", "token_issue", "vm_edit", "vm_merge", "vm_new", "webhook",
    "webhook_again", "webhook_new", "webhook_rotate", "webhook_switch", "webhook_test", "window_edit", "window_new",
    "window_switch",
}  # fmt: skip


def test_every_address_that_wants_one_says_so():
    pages = [pattern for at, pattern in addresses(get_resolver("config.urls")) if not at.startswith("api/")]
    asking = {
        pattern.name for pattern in pages if getattr(pattern.callback, "policy", None) and pattern.callback.policy.fresh
    }
    assert asking == WANTED


@pytest.mark.parametrize("action", ["approve", "run", "confirm", "resume", "probe", "undo"])
def test_what_reaches_a_host_wants_a_fresh_factor_on_the_change_page(client, as_user, olu, action):
    role_grant(olu, Role.APPROVER)
    App(olu)
    answer = as_user(client, olu).post(reverse("change_act", args=[1, action]))
    assert answer.status_code == 403 and b"A fresh code" in answer.content


@pytest.mark.parametrize("name", ["recovery_attach", "recovery_detach"])
def test_so_does_what_has_the_site_attach_or_detach_a_disk(client, as_user, olu, name):
    App(olu)
    answer = as_user(client, olu).post(reverse(name, args=[1]))
    assert answer.status_code == 403 and b"A fresh code" in answer.content


@pytest.mark.parametrize("action", ["cancel", "reject", "withdraw"])
def test_what_stops_it_does_not(client, as_user, olu, action):
    App(olu)
    assert as_user(client, olu).post(reverse("change_act", args=[1, action])).status_code == 404


LOOSENS = {
    "policy_new": [],
    "policy_edit": [1],
    "policy_switch": [1],
    "window_new": [],
    "window_edit": [1],
    "window_switch": [1],
    "freeze_edit": [1],
    "freeze_switch": [1],
    "member_add": [1],
    "member_remove": [1, 1],
    "host_edit": ["app02"],
    "vm_edit": ["vm42"],
    "webhook_switch": [1],
    "webhook_test": [1],
    "webhook_again": [1, 1],
    "host_new": [],
    "host_merge": ["app02"],
    "vm_new": [],
    "vm_merge": ["vm42"],
    "owner_new": [],
    "owner_edit": [1],
}


@pytest.mark.parametrize(("name", "words"), LOOSENS.items(), ids=LOOSENS)
def test_what_loosens_the_gate_wants_a_fresh_factor(client, as_user, ada, name, words):
    App(ada)
    answer = as_user(client, ada).post(reverse(name, args=words), {"enabled": "off"})
    assert answer.status_code == 403 and b"A fresh code" in answer.content


def test_a_freeze_never_waits_for_a_code(client, as_user, ada):
    App(ada)
    assert as_user(client, ada).post(reverse("freeze_new"), {"name": "x"}).status_code == 422
    assert client.post(reverse("freeze_switch", args=[1]), {"enabled": "on"}).status_code == 404


def test_the_form_for_a_hosts_secrets_is_shown_after_a_code_and_carries_none_through_a_page(client, as_user, ada):
    App(ada)
    there = reverse("host_credential", args=["app02"])
    assert as_user(client, ada).get(there).status_code == 403
    typed = {"sign_in": "key", "private_key": "-----BEGIN", "passphrase": "open it", "password": "letmein"}
    assert fields(client.post(there, typed)) == [("sign_in", "key")]


def test_where_ones_notices_go_wants_a_code_and_which_ones_does_not(client, as_user, rosa):
    App(rosa)
    there = reverse("notice_choices")
    assert as_user(client, rosa).post(there, {"email": "mallory@example.net"}).status_code == 403
    assert User.objects.get(pk=rosa.pk).email == rosa.email
    assert client.post(there, {"email": rosa.email}).status_code == 422
