"""Who has a second factor is not signed in by the password alone."""

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from people.factors import factor_remove
from people.models import User
from people.selectors import actor_of
from people.sign_in import PENDING
from tests.conftest import PASSWORD
from tests.people.factor import App

pytestmark = pytest.mark.django_db


def give_password(client, name="rosa", then=""):
    return client.post(reverse("login"), {"username": name, "password": PASSWORD, "next": then})


def signed_in(client):
    return client.get(reverse("account")).status_code == 200


def test_without_a_factor_the_password_is_enough(client, rosa):
    give_password(client)
    assert signed_in(client)


def test_the_password_leads_to_the_code_and_the_code_to_where_one_wanted(client, rosa):
    app = App(rosa)
    answer = give_password(client, then="/hosts/")
    assert answer["Location"] == "/login/code/?next=%2Fhosts%2F" and not signed_in(client)
    assert b"Six digits" in client.get(answer["Location"]).content
    assert client.post(answer["Location"], {"factor_code": app.code()})["Location"] == "/hosts/"
    assert signed_in(client)


def test_a_wrong_code_signs_nobody_in(client, rosa):
    App(rosa)
    give_password(client)
    answer = client.post(reverse("login_code"), {"factor_code": "000000"})
    assert answer.status_code == 422 and b"This code is not right" in answer.content and not signed_in(client)


def test_a_code_without_the_password_is_nothing(client, rosa):
    app = App(rosa)
    assert client.post(reverse("login_code"), {"factor_code": app.code()})["Location"] == reverse("login")


def test_nobody_is_sent_to_another_site(client, rosa):
    app = App(rosa)
    give_password(client)
    answer = client.post(reverse("login_code") + "?next=https://example.org/", {"factor_code": app.code()})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("what", ["late", "new password", "switched off"])
def test_a_half_sign_in_ends(client, rosa, what):
    app = App(rosa)
    give_password(client)
    if what == "late":
        session = client.session
        session[PENDING] = {**session[PENDING], "at": session[PENDING]["at"] - 301}
        session.save()
    elif what == "new password":
        rosa.set_password("quite another long word")
        rosa.save()
    else:
        User.objects.filter(pk=rosa.pk).update(is_active=False)
    assert client.post(reverse("login_code"), {"factor_code": app.code()})["Location"] == reverse("login")
    assert not signed_in(client)


def test_a_session_that_was_planted_beforehand_is_worth_nothing(client, rosa):
    app = App(rosa)
    client.get(reverse("login"))
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = planted = session.session_key
    give_password(client)
    half = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    client.post(reverse("login_code"), {"factor_code": app.code()})
    whole = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert len({planted, half, whole}) == 3 and "planted" not in client.session


def test_after_a_reset_the_password_is_enough_again(client, rosa, ada):
    App(rosa)
    factor_remove(rosa, by=actor_of(ada))
    give_password(client)
    assert signed_in(client)
