"""Peers' bugs that we will not have: secrets in tracebacks, tokens in lists."""

import re
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.views.debug import ExceptionReporter

from people.factors import factor_check
from people.selectors import actor_of
from people.services import password_set, token_issue, user_create
from tests.conftest import PASSWORD
from tests.people.factor import App

pytestmark = pytest.mark.django_db
TYPED = "a-secret-that-was-typed"


@pytest.fixture
def broken(monkeypatch):
    """Whatever is decided from now on cannot be written down."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the audit is out of reach")

    return lambda: monkeypatch.setattr("inventory.people_audit.record", fail)


def report(act) -> str:
    """What Django would mail or show of the error, with all local variables."""
    try:
        act()
    except RuntimeError:
        request = RequestFactory().post("/account/password/", {"new_password1": TYPED, "factor_code": TYPED})
        return ExceptionReporter(request, *sys.exc_info()).get_traceback_html()
    raise AssertionError("it did not fail")


def test_secrets_in_tracebacks_a_token(rosa, broken, monkeypatch):
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: TYPED)
    broken()
    assert TYPED not in frames(report(lambda: token_issue(rosa, "report")))


def test_secrets_in_tracebacks_a_password(rosa, broken):
    broken()
    assert TYPED not in frames(report(lambda: password_set(rosa, TYPED, by=actor_of(rosa))))
    assert TYPED not in frames(report(lambda: user_create("zoe", password=TYPED)))


def test_secrets_in_tracebacks_a_code(rosa, broken):
    app = App(rosa)
    broken()
    assert app.recovery[1] not in frames(report(lambda: factor_check(rosa, app.recovery[1])))


def frames(html: str) -> str:
    """The variables of our own code; the test's own frames hold what the test typed."""
    parts = re.split(r'(?=<li class="frame)', html)
    ours = "".join(part for part in parts if "/people/" in part and "/tests/" not in part)
    assert "RuntimeError" in html and ours
    return ours


@pytest.mark.parametrize("name", ["login_code", "account_password", "person_new", "factor_begin", "factor_confirm"])
def test_views_that_take_secrets_hide_what_was_posted(name, rf):
    request = rf.post(reverse(name), {"password": TYPED})
    with suppress(AttributeError):  # it has neither session nor user: the mark is set before anybody looks
        resolve(reverse(name)).func(request)
    assert getattr(request, "sensitive_post_parameters", None) == "__ALL__"


def test_tokens_in_lists(client, as_user, rosa, ada):
    row, text = token_issue(rosa, "report")
    secret = text.removeprefix(f"rgp_{row.prefix}")
    pages = [as_user(client, rosa).get(reverse("account")).content.decode()]
    pages += [as_user(client, ada).get(reverse(name, args=args)).content.decode() for name, args in LISTS]
    assert f"rgp_{row.prefix}…" in pages[0]
    assert not [page for page in pages if secret in page or row.hash in page]


LISTS = [("account", []), ("people", []), ("person", ["rosa"]), ("audit", [])]


def test_a_password_is_kept_by_argon2_outside_of_tests():
    words = Path("config/settings.py").read_text()
    first = words.index("Argon2PasswordHasher")
    assert first < words.index("PBKDF2PasswordHasher") and PASSWORD not in words
