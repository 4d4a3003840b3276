"""Signing in through a provider: what has to hold, and what the groups there give."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from people.models import User
from people.oidc import _made
from people.roles import Role
from people.selectors import actor_of
from people.services import role_grant
from tests.people.factor import App
from tests.people.provider import CLIENT, OTHER_KEY, SECRET, Provider, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    with running() as provider:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider.issuer, CLIENT, SECRET
        settings.GROUP_ROLES = {"linux-ops": frozenset({Role.OPERATOR}), "board": frozenset({Role.APPROVER})}
        yield provider
    _made.cache_clear()


def sign_in(client: Client, provider: Provider, then: str = ""):
    there = client.get(reverse("oidc_begin"), {"next": then} if then else {})
    return client.get(provider.authorize(there["Location"]))


def signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_whoever_the_provider_vouches_for_gets_an_account_with_the_roles_of_their_groups(client, provider):
    assert sign_in(client, provider, "/hosts/")["Location"] == "/hosts/"
    zoe = User.objects.get(username="zoe")
    assert actor_of(zoe).roles == {Role.OPERATOR} and zoe.display == "Zoe"
    assert signed_in(client) and not zoe.has_usable_password()


def test_what_is_sent_there_is_state_nonce_and_a_challenge_and_no_secret(client, provider):
    address = client.get(reverse("oidc_begin"))["Location"]
    asked = parse_qs(urlsplit(address).query)
    assert {"state", "nonce", "code_challenge"} <= set(asked) and asked["code_challenge_method"] == ["S256"]
    assert SECRET not in address and asked["redirect_uri"][0].endswith("/login/oidc/back/")


def test_a_role_taken_away_there_is_gone_at_the_next_sign_in(client, provider):
    sign_in(client, provider)
    provider.person["groups"] = ["board"]
    sign_in(client, provider)
    assert actor_of(User.objects.get(username="zoe")).roles == {Role.APPROVER}
    told = Entry.objects.filter(action__startswith="role.").order_by("pk").values_list("action", "detail")
    assert list(told) == [
        ("role.grant", {"role": "operator", "from": "oidc"}),
        ("role.grant", {"role": "approver", "from": "oidc"}),
        ("role.revoke", {"role": "operator", "from": "oidc"}),
    ]


def test_a_role_that_was_given_here_goes_too(client, provider):
    sign_in(client, provider)
    zoe = User.objects.get(username="zoe")
    role_grant(zoe, Role.ADMINISTRATOR)
    sign_in(client, provider)
    assert actor_of(zoe).roles == {Role.OPERATOR}


def test_nobody_becomes_a_superuser_by_what_a_provider_says(client, provider):
    provider.person |= {"groups": ["superuser", "root"], "is_superuser": True, "is_staff": True}
    sign_in(client, provider)
    zoe = User.objects.get(username="zoe")
    assert not zoe.is_superuser and not zoe.is_staff and actor_of(zoe).roles == frozenset()


def test_a_new_name_there_stays_the_same_person_here(client, provider):
    sign_in(client, provider)
    provider.person |= {"preferred_username": "zoe.new", "name": "Zoe New"}
    sign_in(client, provider)
    assert User.objects.get().display == "Zoe New"


def test_a_name_there_opens_no_account_that_was_made_here(client, provider, ada):
    provider.person["preferred_username"] = "Ada"
    answer = sign_in(client, provider)
    assert answer.status_code == 403 and b"There is an account named Ada here already" in answer.content
    assert not signed_in(client)


def test_an_account_that_is_switched_off_here_stays_off(client, provider):
    sign_in(client, provider)
    User.objects.update(is_active=False)
    assert not signed_in(client)
    other = Client()
    assert b"switched off" in sign_in(other, provider).content and not signed_in(other)


WRONG = {
    "audience": {"aud": "another-client"},
    "audiences": {"aud": ["another-client", "a-third"]},
    "no audience": {"aud": None},
    "issuer": {"iss": "https://elsewhere.example"},
    "nonce": {"nonce": "of another sign-in"},
    "no nonce": {"nonce": None},
    "expired": {"exp": 1_000_000_000},
    "no end": {"exp": None},
    "no subject": {"sub": None},
}


@pytest.mark.parametrize("lies", WRONG.values(), ids=WRONG)
def test_a_claim_that_does_not_hold_is_refused_with_a_sentence(client, provider, lies):
    provider.lies = lies
    answer = sign_in(client, provider)
    assert answer.status_code == 403 and b"signature, issuer, audience, nonce or time is wrong" in answer.content
    assert not signed_in(client) and not User.objects.exists()


@pytest.mark.parametrize("how", ["another key", "a shared secret", "nothing"])
def test_a_signature_that_is_not_the_providers_is_refused(client, provider, how):
    if how == "another key":
        provider.key = OTHER_KEY
    else:
        provider.algorithm = "HS256" if how == "a shared secret" else "none"
    answer = sign_in(client, provider)
    assert answer.status_code == 403 and b"signature" in answer.content and not User.objects.exists()


def test_a_sign_in_that_began_in_another_browser_is_refused(client, provider):
    there = Client().get(reverse("oidc_begin"))["Location"]
    answer = client.get(provider.authorize(there))
    assert answer.status_code == 403 and b"did not begin in this browser" in answer.content


def test_an_answer_counts_once(client, provider):
    there = client.get(reverse("oidc_begin"))["Location"]
    back = provider.authorize(there)
    assert client.get(back).status_code == 302
    client.post(reverse("logout"))
    assert client.get(back).status_code == 403 and not signed_in(client)


def test_a_no_of_the_provider_is_said(client, provider):
    client.get(reverse("oidc_begin"))
    answer = client.get(reverse("oidc_back"), {"error": "access_denied", "error_description": "<script>"})
    assert answer.status_code == 403 and b"did not sign you in" in answer.content and b"<script>" not in answer.content


def test_a_provider_that_calls_itself_otherwise_is_not_ours(client, provider):
    provider.issuer_told = "https://elsewhere.example"
    assert client.get(reverse("oidc_begin")).status_code == 403


def test_while_the_provider_is_away_local_accounts_sign_in(client, provider, rosa, settings):
    provider.server.shutdown()
    provider.server.server_close()
    answer = client.get(reverse("oidc_begin"))
    assert answer.status_code == 403 and b"Local accounts can sign in meanwhile" in answer.content
    client.post(reverse("login"), {"username": "rosa", "password": "a long password to type"})
    assert signed_in(client)


def test_nobody_is_sent_to_another_site(client, provider):
    assert sign_in(client, provider, "https://elsewhere.example/")["Location"] == "/"


def test_the_second_factor_is_asked_for_here_too(client, provider):
    sign_in(client, provider)
    app = App(User.objects.get())
    other = Client()
    assert sign_in(other, provider)["Location"].startswith("/login/code/") and not signed_in(other)
    assert other.post("/login/code/", {"factor_code": app.code()}).status_code == 302 and signed_in(other)


def test_without_a_password_an_app_is_set_up_right_after_signing_in(client, provider):
    sign_in(client, provider)
    assert client.post(reverse("factor_begin")).status_code == 200
    session = client.session
    session["signed_in"] = {**session["signed_in"], "since": "2026-01-01T00:00:00+00:00"}
    session.save()
    assert b"more than five minutes ago" in client.post(reverse("factor_begin")).content


def test_their_password_is_not_changed_here(client, provider):
    sign_in(client, provider)
    assert client.get(reverse("account_password")).status_code == 403
    assert b"kept by the sign-in provider" in client.get(reverse("account")).content


def test_the_sign_in_page_offers_it_where_there_is_one(client, provider, settings):
    assert b"Sign in with single sign-on" in client.get(reverse("login")).content
    settings.OIDC_ISSUER = ""
    assert b"single sign-on" not in client.get(reverse("login")).content
    assert client.get(reverse("oidc_begin")).status_code == client.get(reverse("oidc_back")).status_code == 404
