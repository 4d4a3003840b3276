"""Where one is signed in: seen, ended by oneself or an administrator, and ended with password and account."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from people.models import Session, User
from people.selectors import actor_of, token_user
from people.services import token_issue, user_disable
from people.sessions import browser_of, sessions_of
from tests.conftest import PASSWORD
from tests.people.factor import App, code_at, time

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
NEW = "quite another long word"


@pytest.fixture
def browsers(rosa) -> list[Client]:
    """Three of rosa's, all signed in."""
    clients = [Client(headers={"user-agent": FIREFOX}) for _ in range(3)]
    for client in clients:
        client.post(reverse("login"), {"username": "rosa", "password": PASSWORD})
    return clients


def signed_in(*clients: Client) -> list[bool]:
    return [client.get(reverse("account")).status_code == 200 for client in clients]


def test_the_page_says_when_from_where_and_with_what(browsers):
    page = browsers[0].get(reverse("sessions"))
    assert page.content.decode().count("Firefox 131 on Linux") == 3 and b"127.0.0.1" in page.content
    assert [row.here for row in page.context["rows"]].count(True) == 1


def test_no_page_holds_a_sessions_key(browsers):
    keys = Session.objects.values_list("session_key", flat=True)
    text = browsers[0].get(reverse("sessions")).content.decode()
    assert len(keys) == 3 and not [key for key in keys if key in text]


def test_one_is_ended_by_its_handle(browsers):
    other = next(row for row in browsers[0].get(reverse("sessions")).context["rows"] if not row.here)
    browsers[0].post(reverse("session_end"), {"handle": other.handle})
    assert signed_in(*browsers).count(False) == 1 and signed_in(browsers[0]) == [True]


def test_all_others_are_ended(browsers):
    browsers[0].post(reverse("session_end"))
    assert signed_in(*browsers) == [True, False, False]
    assert Entry.objects.get(action="session.end").detail == {"count": 2}


def test_another_persons_session_is_nobodys_here(browsers, client, as_user, mallory, rosa):
    handle = sessions_of(rosa)[0].handle
    as_user(client, mallory).post(reverse("session_end"), {"handle": handle})
    assert signed_in(*browsers) == [True] * 3


def test_an_administrator_ends_somebodys(browsers, client, as_user, ada):
    assert b"Firefox 131" in as_user(client, ada).get(reverse("person", args=["rosa"])).content
    client.post(reverse("person_sessions_end", args=["rosa"]))
    assert signed_in(*browsers) == [False] * 3


@pytest.mark.parametrize("name", ["person_sessions_end", "person_switch"])
@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
def test_nobody_else_does(client, as_user, ada, who, name, request):
    user = request.getfixturevalue(who)
    assert as_user(client, user).post(reverse(name, args=["ada"])).status_code == 403
    assert User.objects.get(username="ada").is_active


def test_a_new_password_ends_the_other_browsers(browsers):
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browsers[1].post(reverse("account_password"), form).status_code == 302
    assert signed_in(*browsers) == [False, True, False]
    assert Session.objects.count() == 1


def test_a_new_factor_ends_browsers_that_never_showed_one(browsers):
    secret = browsers[2].post(reverse("factor_begin"), {"password": PASSWORD}).context["secret"].replace(" ", "")
    browsers[2].post(reverse("factor_confirm"), {"factor_code": code_at(secret, time.time())})
    assert signed_in(*browsers) == [False, False, True]


def test_signing_in_changes_the_sessions_key(client, rosa):
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session.session_key
    client.post(reverse("login"), {"username": "rosa", "password": PASSWORD})
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_signing_out_leaves_no_session(client, rosa):
    client.post(reverse("login"), {"username": "rosa", "password": PASSWORD})
    client.post(reverse("logout"))
    assert not Session.objects.exists()


def test_an_expired_session_is_not_listed(browsers, rosa):
    Session.objects.update(expire_date=timezone.now())
    assert sessions_of(rosa) == []


def test_a_session_ends_twelve_hours_after_the_sign_in_whatever_was_written_to_it(browsers, rosa, monkeypatch):
    app, began, real = App(rosa), Session.objects.order_by("since").first(), timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(hours=11))
    browsers[0].post(reverse("step_up"), {"factor_code": app.code()})
    assert "factor_at" in browsers[0].session and signed_in(browsers[0]) == [True]
    assert Session.objects.get(pk=began.pk).expire_date == began.expire_date
    assert began.expire_date - began.since < timedelta(hours=12, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(hours=12, minutes=1))
    assert signed_in(browsers[0]) == [False]


def test_switching_an_account_off_ends_sessions_and_tokens_at_once(browsers, client, as_user, ada, rosa):
    text = token_issue(rosa, "report")[1]
    as_user(client, ada).post(reverse("person_switch", args=["rosa"]), {"active": "0"})
    assert signed_in(*browsers) == [False] * 3 and token_user(text) is None
    assert not Session.objects.filter(user=rosa).exists() and rosa.tokens.get().revoked
    assert Entry.objects.filter(action__in=("user.disable", "session.end", "token.revoke")).count() == 3


def test_and_on_again_brings_no_token_back(client, as_user, ada, rosa):
    text = token_issue(rosa, "report")[1]
    user_disable(rosa, by=actor_of(ada))
    as_user(client, ada).post(reverse("person_switch", args=["rosa"]), {"active": "1"})
    assert User.objects.get(username="rosa").is_active and token_user(text) is None


def test_nobody_switches_themselves_off(client, as_user, ada):
    answer = as_user(client, ada).post(reverse("person_switch", args=["ada"]), {"active": "0"})
    assert answer.status_code == 403 and User.objects.get(username="ada").is_active


def test_switching_somebody_off_wants_a_fresh_factor(client, as_user, ada, rosa):
    App(ada)
    answer = as_user(client, ada).post(reverse("person_switch", args=["rosa"]), {"active": "0"})
    assert answer.status_code == 403 and User.objects.get(username="rosa").is_active


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox 131 on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0",
            "Edge 130 on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari 604 on iPhone"),
        ("curl/8.10.1", "curl 8"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_by_what_is_known_of_it(agent, words):
    assert browser_of(agent) == words
