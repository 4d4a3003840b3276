"""My second factor on its page: shown once, wanted by the password, taken away by a code."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people.factors import enrolled
from people.models import Totp
from people.totp import code_at
from tests.conftest import PASSWORD
from tests.people.factor import App, time

pytestmark = pytest.mark.django_db


def begin(client, password=PASSWORD):
    return client.post(reverse("factor_begin"), {"password": password})


def test_secret_and_codes_are_shown_once_and_kept_by_no_browser(client, as_user, rosa):
    shown = begin(as_user(client, rosa))
    secret = shown.context["secret"].replace(" ", "")
    assert b"<svg" in shown.content and "no-store" in shown["Cache-Control"]
    done = client.post(reverse("factor_confirm"), {"factor_code": code_at(secret, time.time())})
    codes = done.context["codes"]
    assert enrolled(rosa) and len(codes) == 10 and "no-store" in done["Cache-Control"]
    later = client.get(reverse("factor")).content + client.get(reverse("account")).content
    assert not [text for text in (*codes, shown.context["secret"], secret) if text.encode() in later]


def test_a_wrong_first_code_shows_the_same_secret_again(client, as_user, rosa):
    shown = begin(as_user(client, rosa))
    again = client.post(reverse("factor_confirm"), {"factor_code": "000000"})
    assert again.status_code == 422 and again.context["secret"] == shown.context["secret"]


@pytest.mark.parametrize("code", ["", "000000", "right"])
def test_another_browser_of_the_person_is_not_shown_the_secret_and_confirms_nothing(client, as_user, rosa, code):
    secret = begin(as_user(client, rosa)).context["secret"].replace(" ", "")
    other = as_user(Client(), rosa)
    typed = code_at(secret, time.time()) if code == "right" else code
    answer = other.post(reverse("factor_confirm"), {"factor_code": typed}, follow=True)
    assert not enrolled(rosa) and "secret" not in answer.context and b"Begin again." in answer.content


@pytest.mark.parametrize("code", ["", "right"])
def test_after_ten_minutes_it_is_begun_again(client, as_user, rosa, code, monkeypatch):
    secret = begin(as_user(client, rosa)).context["secret"].replace(" ", "")
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(minutes=11))
    typed = code_at(secret, time.time()) if code == "right" else code
    answer = client.post(reverse("factor_confirm"), {"factor_code": typed}, follow=True)
    assert not enrolled(rosa) and "secret" not in answer.context and b"Begin again." in answer.content


def test_a_secret_that_was_replaced_elsewhere_is_not_shown_here(client, as_user, rosa):
    begin(as_user(client, rosa))
    begin(as_user(Client(), rosa))
    assert client.post(reverse("factor_confirm"), {"factor_code": ""})["Location"] == reverse("factor")


def test_without_the_password_nothing_begins(client, as_user, rosa):
    answer = begin(as_user(client, rosa), "not the password")
    assert answer.status_code == 422 and b"This is not your password" in answer.content
    assert not Totp.objects.exists()


def test_an_app_in_use_is_never_shown_again(client, as_user, rosa):
    App(rosa)
    assert begin(as_user(client, rosa)).status_code == 422
    assert client.post(reverse("factor_confirm"), {"factor_code": "1"})["Location"] == reverse("factor")


@pytest.mark.parametrize("name", ["factor_remove", "factor_codes"])
def test_removing_it_and_new_codes_want_a_code(client, as_user, rosa, name):
    app = App(rosa)
    answer = as_user(client, rosa).post(reverse(name))
    assert answer.status_code == 403 and b"A fresh code" in answer.content
    assert enrolled(rosa)
    assert client.post(reverse(name), {"factor_code": app.code()}).status_code in (200, 302)
    assert enrolled(rosa) == (name == "factor_codes")


def test_an_administrator_resets_somebody_elses(client, as_user, ada, rosa):
    App(rosa)
    assert b"Reset the second factor" in as_user(client, ada).get(reverse("person", args=["rosa"])).content
    client.post(reverse("factor_reset", args=["rosa"]))
    assert not enrolled(rosa)


def test_but_not_their_own(client, as_user, ada):
    app = App(ada)
    answer = as_user(client, ada).post(reverse("factor_reset", args=["ada"]), {"factor_code": app.code()})
    assert answer.status_code == 403 and enrolled(ada)


@pytest.mark.parametrize("who", ["rosa", "amir", "olu", "vera", "mallory"])
def test_only_administrators_reset(client, as_user, who, ada, request):
    App(ada)
    user = request.getfixturevalue(who)
    assert as_user(client, user).post(reverse("factor_reset", args=["ada"])).status_code == 403 and enrolled(ada)
