"""After a few wrong passwords none is looked at for minutes, for that name from that address alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from people.models import PasswordTries
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
WAIT = b"Too many wrong passwords for this name from your address."


def sign_in(typed: str = "wrong", name: str = "rosa", address: str = "192.0.2.7"):
    return Client(REMOTE_ADDR=address).post(reverse("login"), {"username": name, "password": typed})


@pytest.fixture
def guessed(rosa) -> None:
    for _ in range(5):
        assert WAIT not in sign_in().content


def test_after_five_wrong_ones_even_the_right_one_has_to_wait(guessed):
    answer = sign_in(PASSWORD)
    assert answer.status_code == 200 and WAIT in answer.content and b"Wait a minute" in answer.content
    PasswordTries.objects.update(locked_until=timezone.now())
    assert sign_in(PASSWORD).status_code == 302 and not PasswordTries.objects.exists()


def test_a_try_that_has_to_wait_makes_nobody_wait_longer(guessed):
    until = PasswordTries.objects.get().locked_until
    sign_in()
    assert PasswordTries.objects.get().locked_until == until


def test_a_stranger_elsewhere_keeps_nobody_out(guessed, olu):
    assert sign_in(PASSWORD, address="192.0.2.8").status_code == 302
    assert sign_in(PASSWORD, "olu").status_code == 302


def test_the_wait_never_grows_beyond_five_minutes(rosa):
    waits = []
    for _ in range(10):
        PasswordTries.objects.update(locked_until=None)
        sign_in()
        row = PasswordTries.objects.get()
        waits.append((row.locked_until - row.last).seconds // 60 if row.locked_until else 0)
    assert waits == [0, 0, 0, 0, 1, 2, 4, 5, 5, 5]


def test_a_right_password_begins_the_count_anew(rosa):
    for _ in range(3):
        for _ in range(4):
            sign_in()
        assert sign_in(PASSWORD).status_code == 302
    assert not Entry.objects.filter(action="session.wait").exists()


def test_an_hour_later_they_are_forgotten(guessed):
    PasswordTries.objects.update(last=timezone.now() - timedelta(hours=1, seconds=1))
    assert sign_in(PASSWORD).status_code == 302


def test_a_name_without_an_account_waits_the_same_and_is_not_kept(db):
    for _ in range(5):
        assert WAIT not in sign_in(name="a password in the wrong field").content
    assert WAIT in sign_in(name="a password in the wrong field").content
    assert "password" not in str(PasswordTries.objects.values_list()) and not Entry.objects.exists()


def test_one_network_of_ipv6_is_one_address(rosa):
    for last in range(5):
        sign_in(address=f"2001:db8::{last}")
    assert WAIT in sign_in(PASSWORD, address="2001:db8::ffff").content
    assert sign_in(PASSWORD, address="2001:db8:0:1::1").status_code == 302


def test_the_wait_is_in_the_audit_once(guessed):
    sign_in()
    assert Entry.objects.get(action="session.wait").detail == {"failures": 5}
