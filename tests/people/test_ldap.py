"""Signing in through a directory, against a real slapd: roles by groups, and local accounts when it is away."""

from contextlib import suppress

import ldap
import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from config.ldap import ldap_settings
from people.models import User
from people.roles import Role
from people.selectors import actor_of
from people.services import user_create
from tests.conftest import PASSWORD as LOCAL
from tests.people.factor import App
from tests.people.slapd import BASE, PASSWORD, Directory, running

pytestmark = pytest.mark.django_db
BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "people.backends.ByDirectory",
    "people.by_ldap.ByLdap",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("slapd")) as directory:
        yield directory


@pytest.fixture
def directory(server: Directory, settings, monkeypatch):
    """With zoe in it, an operator by her group."""
    environment = {
        "URI": server.uri,
        "BIND_DN": server.dn("reader"),
        "BIND_PASSWORD": PASSWORD,
        "USERS": f"ou=people,{BASE}",
        "GROUPS": f"ou=groups,{BASE}",
    }
    for name, value in environment.items():
        monkeypatch.setenv(f"REGROUP_LDAP_{name}", value)
    for name, value in ldap_settings("REGROUP_LDAP").items():
        setattr(settings, name, value)
    settings.AUTHENTICATION_BACKENDS = BACKENDS
    settings.GROUP_ROLES = {"linux-ops": frozenset({Role.OPERATOR}), "board": frozenset({Role.APPROVER})}
    server.person("zoe")
    server.join("linux-ops", "zoe")
    yield server
    server.remove("zoe")
    for group in ("linux-ops", "board", "superuser"):
        with suppress(ldap.NO_SUCH_ATTRIBUTE):  # she was not in it
            server.leave(group, "zoe")


def sign_in(client, name: str = "zoe", password: str = PASSWORD):
    return client.post(reverse("login"), {"username": name, "password": password})


def signed_in(client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_whoever_the_directory_takes_gets_an_account_with_the_roles_of_their_groups(client, directory):
    assert sign_in(client).status_code == 302 and signed_in(client)
    zoe = User.objects.get(username="zoe")
    assert actor_of(zoe).roles == {Role.OPERATOR}
    assert (zoe.display, zoe.email, zoe.source) == ("Zoe", "zoe@example.org", "ldap")
    assert not zoe.has_usable_password()


@pytest.mark.parametrize("password", ["", "wrong", LOCAL])
def test_a_wrong_or_empty_password_is_refused(client, directory, password):
    assert sign_in(client, "zoe", password).status_code == 200 and not signed_in(client)
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["*", "z*", "zoe)(uid=*", "zoe)(|(uid=*", "nobody", "\\2a", "uid=zoe"])
def test_a_name_is_a_name_and_no_search(client, directory, name):
    assert sign_in(client, name).status_code == 200 and not signed_in(client)


def test_a_role_taken_away_in_the_directory_is_gone_at_the_next_sign_in(client, directory):
    sign_in(client)
    directory.leave("linux-ops", "zoe")
    directory.join("board", "zoe")
    sign_in(Client())
    assert actor_of(User.objects.get(username="zoe")).roles == {Role.APPROVER}
    revoked = Entry.objects.get(action="role.revoke")
    assert revoked.detail == {"role": "operator", "from": "ldap"}


def test_no_group_makes_anybody_a_superuser(client, directory):
    directory.join("superuser", "zoe")
    sign_in(client)
    zoe = User.objects.get(username="zoe")
    assert not zoe.is_superuser and not zoe.is_staff and actor_of(zoe).roles == {Role.OPERATOR}


def test_a_name_in_the_directory_opens_no_local_account(client, directory):
    user_create("zoe", password=LOCAL, roles=[Role.ADMINISTRATOR])
    answer = sign_in(client)
    assert b"There is an account named zoe here already" in answer.content and not signed_in(client)
    assert sign_in(client, "zoe", LOCAL).status_code == 302
    assert actor_of(User.objects.get()).roles == {Role.ADMINISTRATOR}


def test_somebody_new_of_an_old_name_gets_nobodys_account(client, directory):
    sign_in(client)
    directory.remove("zoe")
    directory.person("zoe", "Another Zoe")
    other = Client()
    assert b"already" in sign_in(other).content and not signed_in(other)


def test_a_local_account_signs_in_while_the_directory_is_away(client, directory, settings, rosa):
    settings.AUTH_LDAP_SERVER_URI = "ldap://127.0.0.1:1"
    answer = sign_in(client)
    assert b"The directory does not answer" in answer.content and not signed_in(client)
    assert sign_in(client, "rosa", LOCAL).status_code == 302 and signed_in(client)


def test_an_account_that_is_switched_off_here_stays_off(client, directory):
    sign_in(client)
    User.objects.update(is_active=False)
    assert not signed_in(client)
    assert b"switched off" in sign_in(client).content and not signed_in(client)


def test_the_second_factor_is_asked_for_after_the_directory(client, directory):
    sign_in(client)
    assert client.post(reverse("factor_begin"), {"password": LOCAL}).status_code == 422
    assert client.post(reverse("factor_begin"), {"password": PASSWORD}).status_code == 200
    User.objects.get().totp.delete()
    app = App(User.objects.get())
    other = Client()
    assert sign_in(other)["Location"].startswith("/login/code/") and not signed_in(other)
    assert other.post("/login/code/", {"factor_code": app.code()}).status_code == 302 and signed_in(other)
